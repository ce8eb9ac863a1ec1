import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hostPath } from '@pare/oci';
import type { Command } from 'commander';
import { PareError } from '../model/pare-error.ts';
import type { Probe } from '../model/scenario.ts';
import { parseProbeCommands } from './probe-command-file.ts';
import {
  collect,
  type HttpProbeOption,
  parseCount,
  parseHttpProbe,
  parsePort,
  parsePorts,
} from './run-option-parsers.ts';

/** The options that say how the application is exercised, as commander gives them. */
export interface ProbeFlags {
  readonly httpProbe: boolean;
  readonly httpProbeOff: boolean;
  readonly httpProbeCmd: readonly HttpProbeOption[];
  readonly httpProbeCmdFile: readonly string[];
  readonly httpProbePort: readonly number[];
  readonly httpProbePorts: readonly number[];
  readonly httpProbeCrawl: boolean;
  readonly httpCrawlMaxDepth: number;
  readonly httpCrawlMaxPages: number;
  readonly httpProbeApispec: readonly string[];
  readonly httpProbeApispecFile: readonly string[];
  readonly exec: readonly string[];
  readonly execFile: readonly string[];
  readonly hostExec: readonly string[];
  readonly hostExecFile: readonly string[];
}

/** The user's own tests may take long. */
const hostTimeoutMs = 600_000;

/** Adds the options of the probes. */
export function addProbeOptions(command: Command): Command {
  const none: readonly string[] = [];
  const noPorts: readonly number[] = [];
  return command
    .option('--http-probe', 'probe the exposed ports over HTTP and HTTPS', true)
    .option('--no-http-probe', 'do not')
    .option('--http-probe-off', 'the same as --no-http-probe', false)
    .option(
      '--http-probe-cmd <METHOD:PATH>',
      'a further request',
      parseHttpProbe,
      [] as readonly HttpProbeOption[],
    )
    .option('--http-probe-cmd-file <file>', 'further requests, as JSON', collect, none)
    .option('--http-probe-port <port>', 'probe this port alone; repeatable', parsePort, noPorts)
    .option('--http-probe-ports <ports>', 'probe these ports alone, separated by commas', parsePorts, noPorts)
    .option('--no-http-probe-crawl', 'do not follow links')
    .option('--http-crawl-max-depth <n>', 'how many links deep', parseCount, 3)
    .option('--http-crawl-max-pages <n>', 'how many pages', parseCount, 100)
    .option(
      '--http-probe-apispec <path>',
      'ask every operation of an OpenAPI specification that it serves',
      collect,
      none,
    )
    .option(
      '--http-probe-apispec-file <file>',
      'ask every operation of an OpenAPI specification',
      collect,
      none,
    )
    .option('--exec <command>', 'run a command in the container', collect, none)
    .option('--exec-file <file>', 'run a shell script of this machine in the container', collect, none)
    .option(
      '--host-exec <command>',
      'run a command of this machine, with PARE_URL, PARE_HOST and PARE_PORT',
      collect,
      none,
    )
    .option('--host-exec-file <file>', 'run each line of a file so', collect, none);
}

/** What is tried where neither a file nor an option says how the application is exercised. */
export function usualProbesFrom(flags: ProbeFlags): readonly Probe[] {
  if (!flags.httpProbe || flags.httpProbeOff) return [];
  const front: Probe = { kind: 'http', method: 'GET', path: '/', headers: {} };
  if (!flags.httpProbeCrawl) return [front];
  const { httpCrawlMaxDepth: maxDepth, httpCrawlMaxPages: maxPages } = flags;
  return [front, { kind: 'crawl', path: '/', maxDepth, maxPages }];
}

/** The probes that the flags ask for. Throws PareError `usage` for a file that cannot be read. */
export async function probesFrom(flags: ProbeFlags): Promise<readonly Probe[]> {
  const requests = await Promise.all(
    flags.httpProbeCmdFile.map(async (file) =>
      parseProbeCommands(await read(file, '--http-probe-cmd-file'), file, (path) => read(path, 'body_file')),
    ),
  );
  const scripts = await Promise.all(flags.execFile.map((file) => read(file, '--exec-file')));
  const lists = await Promise.all(flags.hostExecFile.map((file) => read(file, '--host-exec-file')));
  const hostCommands = [
    ...flags.hostExec,
    ...lists.flatMap((text) => text.split('\n').map((line) => line.trim())),
  ];
  return [
    ...flags.httpProbeCmd.map(({ method, path }): Probe => ({ kind: 'http', method, path, headers: {} })),
    ...requests.flat(),
    ...flags.httpProbeApispec.map((path): Probe => ({ kind: 'openapi', source: { kind: 'path', path } })),
    ...flags.httpProbeApispecFile.map(
      (file): Probe => ({ kind: 'openapi', source: { kind: 'file', file: hostPath(resolve(file)) } }),
    ),
    ...[...flags.exec, ...scripts].map((command): Probe => ({ kind: 'exec', command })),
    ...hostCommands.filter((line) => line !== '' && !line.startsWith('#')).map(hostProbe),
  ];
}

function hostProbe(command: string): Probe {
  return {
    kind: 'host',
    command,
    env: {},
    workdir: hostPath(process.cwd()),
    timeoutMs: hostTimeoutMs,
    expect: { exitCode: 0 },
  };
}

async function read(file: string, option: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new PareError('usage', `${option} ${file}: ${cause.message}`, { cause });
  });
}
