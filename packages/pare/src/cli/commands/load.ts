import type { Command } from 'commander';
import { PareError } from '../../model/pare-error.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';

const examples = `
Takes what docker save, podman save and skopeo write, and OCI layouts in a tar, compressed or not.

Examples:
  pare load app.tar
  docker save my/app | pare load
  pare load --tag my/app:1.2 unnamed.tar.gz`;

interface LoadFlags {
  readonly tag?: string;
  readonly unpack?: boolean;
}

/** Adds `pare load`. */
export function addLoadCommand(program: Command, run: CommandRunner): void {
  program
    .command('load')
    .description('take the images of an archive into the local store')
    .argument('[archive]', 'file to read; standard input when left out or -')
    .option('-t, --tag <name>', 'name of the image, over those in the archive')
    .option('--unpack', 'unpack the layers too, which the first run on the embedded engine would wait for')
    .addHelpText('after', examples)
    .action((archive: string | undefined, flags: LoadFlags, command: Command) =>
      run(command, (context) => runLoad(archive, flags, context)),
    );
}

async function runLoad(
  archive: string | undefined,
  { tag, unpack = false }: LoadFlags,
  context: CommandContext,
): Promise<number> {
  const fromStream = archive === undefined || archive === '-';
  if (fromStream && context.stdin.isTTY === true) {
    throw new PareError('usage', 'no archive to load', { hint: 'name a file, or pipe one in' });
  }
  const { loadImages } = await import('../../pipeline/local-images.ts');
  const from = fromStream
    ? ({ kind: 'stream', stream: context.stdin } as const)
    : ({ kind: 'file', path: archive } as const);
  const images = await loadImages({ from, unpack, ...(tag === undefined ? {} : { tag }) }, context);
  context.progress.close();
  const names = images.flatMap(({ id, tags }) => (tags.length > 0 ? tags : [id]));
  context.stdout.write(
    context.global.json
      ? `${JSON.stringify(images, undefined, 2)}\n`
      : names.map((name) => `loaded ${name}\n`).join(''),
  );
  return 0;
}
