import type { Command } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { engineChoice, outputStyle } from '../global-options.ts';

/** Adds `pare info`. */
export function addInfoCommand(program: Command, run: CommandRunner): void {
  program
    .command('info')
    .description('image facts and a reverse-engineered Dockerfile; runs nothing and changes nothing')
    .argument('<image>', 'image name, tag, digest or ID')
    .option('--dockerfile', 'print the Dockerfile alone', false)
    .addHelpText(
      'after',
      '\nExamples:\n  pare info my/app\n  pare info --dockerfile my/app > Dockerfile.fat\n  pare info --json my/app | jq .wastedBytes',
    )
    .action((image: string, options: { dockerfile: boolean }, command: Command) =>
      run(command, (context) => runInfo(image, options, context)),
    );
}

async function runInfo(
  image: string,
  options: { readonly dockerfile: boolean },
  context: CommandContext,
): Promise<number> {
  const { inspectImage } = await import('../../pipeline/inspect.ts');
  const info = await inspectImage({ reference: image, engine: engineChoice(context.global) }, context);
  context.progress.close();
  const { renderInfo } = await import('../../report/info.ts');
  const text = options.dockerfile
    ? info.dockerfile
    : context.global.json
      ? `${JSON.stringify(info, undefined, 2)}\n`
      : renderInfo(info, outputStyle(context));
  context.stdout.write(text);
  return 0;
}
