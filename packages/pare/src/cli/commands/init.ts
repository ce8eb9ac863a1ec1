import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { PareError } from '../../model/pare-error.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { engineChoice } from '../global-options.ts';

interface InitFlags {
  readonly output: string;
  readonly force: boolean;
}

/** Adds `pare init`. */
export function addInitCommand(program: Command, run: CommandRunner): void {
  program
    .command('init')
    .description('write a first pare.yaml: how an image is started and exercised')
    .argument('[image]', 'image name, tag, digest or ID')
    .option('-o, --output <file>', 'where to; - is standard output', 'pare.yaml')
    .option('--force', 'write over a file that is there', false)
    .addHelpText('after', '\nExamples:\n  pare init my/app\n  pare init -o - my/app | less')
    .action((image: string | undefined, flags: InitFlags, self: Command) =>
      run(self, (context) => runInit(image, flags, context)),
    );
}

async function runInit(
  image: string | undefined,
  { force, output }: InitFlags,
  context: CommandContext,
): Promise<number> {
  const { firstScenario } = await import('../../pipeline/init.ts');
  const text = await firstScenario({ reference: image, engine: engineChoice(context.global) }, context);
  context.progress.close();
  if (output === '-') {
    context.stdout.write(text);
    return 0;
  }
  await writeFile(output, text, { flag: force ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOSPC') throw error;
    throw error.code === 'EEXIST'
      ? new PareError('usage', `${output} is there already`, {
          hint: 'pass --force to write over it, or another name with --output',
        })
      : new PareError('usage', `${output} cannot be written: ${error.message}`, { cause: error });
  });
  const said = context.global.json ? JSON.stringify({ file: output }) : `wrote ${output}`;
  context.stdout.write(`${said}\n`);
  return 0;
}
