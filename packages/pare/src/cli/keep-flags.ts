import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { PareError } from '../model/pare-error.ts';
import type { UserRules } from '../model/scenario.ts';
import { collect } from './run-option-parsers.ts';

/** The options that say what stays or goes whatever was seen, as commander gives them. */
export interface KeepFlags {
  readonly include: readonly string[];
  readonly includePath: readonly string[];
  readonly includePathFile: readonly string[];
  readonly preservePath: readonly string[];
  readonly preservePathFile: readonly string[];
  readonly includeBin: readonly string[];
  readonly includeBinFile: readonly string[];
  readonly includeExe: readonly string[];
  readonly includeExeFile: readonly string[];
  readonly includeShell: boolean;
  readonly includeZoneinfo: boolean;
  readonly includeCertAll: boolean;
  readonly includePackage: readonly string[];
  readonly includeNodePackage: readonly string[];
  readonly exclude: readonly string[];
  readonly excludePattern: readonly string[];
  readonly excludePackage: readonly string[];
}

const shells = '/{,usr/}bin/{sh,bash,dash,ash,busybox}';
const zoneinfo = '/usr/share/zoneinfo';
const certificates = '/{etc/{ssl,pki,ca-certificates},usr/{,local/}share/ca-certificates}';

/** Adds them. The names of docker-slim and mint are taken too where they mean the same. */
export function addKeepOptions(command: Command): Command {
  const none: readonly string[] = [];
  return command
    .optionsGroup('What stays or goes whatever was seen:')
    .option('--include <pattern>', 'keep these paths too (glob)', collect, none)
    .option('--include-path <path>', 'the same', collect, none)
    .option('--include-path-file <file>', 'keep the paths of a file, one a line', collect, none)
    .option('--preserve-path <path>', 'the same: what is kept is always as the image has it', collect, none)
    .option('--preserve-path-file <file>', 'the same, of a file', collect, none)
    .option('--include-bin <path>', 'keep a program or library with all that it links to', collect, none)
    .option('--include-bin-file <file>', 'those of a file, one a line', collect, none)
    .option('--include-exe <name>', 'keep a program by its name', collect, none)
    .option('--include-exe-file <file>', 'those of a file, one a line', collect, none)
    .option('--include-shell', 'keep a shell, and at --keep used the common utilities', false)
    .option('--include-zoneinfo', 'keep the time zones', false)
    .option('--include-cert-all', 'keep all certificates', false)
    .option(
      '--include-package <name>',
      'keep an installed package whole (* for any characters)',
      collect,
      none,
    )
    .option('--include-node-package <name>', 'the same, of npm', collect, none)
    .option('--exclude <pattern>', 'drop these paths whatever needs them (glob)', collect, none)
    .option('--exclude-pattern <pattern>', 'the same', collect, none)
    .option('--exclude-package <name>', 'drop the files of an installed package', collect, none);
}

/** The rules that the flags describe. Throws PareError `usage` for a file that cannot be read. */
export async function rulesFrom(flags: KeepFlags): Promise<UserRules> {
  const fromFiles = await Promise.all(
    [...flags.includePathFile, ...flags.preservePathFile, ...flags.includeBinFile].map(readLines),
  );
  const programs = [...flags.includeExe, ...(await Promise.all(flags.includeExeFile.map(readLines))).flat()];
  return {
    include: [
      ...flags.include,
      ...flags.includePath,
      ...flags.preservePath,
      ...flags.includeBin,
      ...fromFiles.flat(),
      ...programs.map((name) => `/{,usr/,usr/local/}{bin,sbin}/${name}`),
      ...(flags.includeShell ? [shells] : []),
      ...(flags.includeZoneinfo ? [zoneinfo] : []),
      ...(flags.includeCertAll ? [certificates] : []),
    ],
    includePackages: [...flags.includePackage, ...flags.includeNodePackage.map((name) => `npm:**/${name}`)],
    includeEcosystems: [],
    exclude: [...flags.exclude, ...flags.excludePattern],
    excludePackages: flags.excludePackage,
  };
}

/** Empty lines and those that begin with `#` are passed over. */
async function readLines(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new PareError('usage', `${file}: ${cause.message}`, {
      hint: 'name a file with a path a line',
      cause,
    });
  });
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
