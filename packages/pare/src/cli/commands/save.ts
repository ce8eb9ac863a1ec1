import type { Command } from 'commander';
import { PareError } from '../../model/pare-error.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';

const examples = `
Examples:
  pare save -o app.tar my/app
  pare save my/app | docker load`;

interface SaveFlags {
  readonly output?: string;
}

/** Adds `pare save`. */
export function addSaveCommand(program: Command, run: CommandRunner): void {
  program
    .command('save')
    .description('write an image of the local store as a docker archive')
    .argument('<image>', 'name, digest or ID')
    .option('-o, --output <file>', 'file to write (default: standard output)')
    .addHelpText('after', examples)
    .action((image: string, flags: SaveFlags, command: Command) =>
      run(command, (context) => runSave(image, flags, context)),
    );
}

async function runSave(reference: string, { output }: SaveFlags, context: CommandContext): Promise<number> {
  const toStream = output === undefined || output === '-';
  if (toStream && (context.stdout.isTTY === true || context.global.json)) {
    throw new PareError('usage', 'an archive is nothing to show', {
      hint: 'write it to a file: --output FILE',
    });
  }
  const { saveImage } = await import('../../pipeline/local-images.ts');
  const to = toStream
    ? ({ kind: 'stream', stream: context.stdout } as const)
    : ({ kind: 'file', path: output } as const);
  const image = await saveImage({ reference, to }, context.signal);
  context.progress.close();
  if (context.global.json) context.stdout.write(`${JSON.stringify({ ...image, output }, undefined, 2)}\n`);
  return 0;
}
