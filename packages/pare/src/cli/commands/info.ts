import type { Command } from 'commander';
import { parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { engineChoice, outputStyle } from '../global-options.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';

interface InfoFlags extends RegistryFlags {
  readonly dockerfile: boolean;
}

/** Adds `pare info`. */
export function addInfoCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('info')
    .description('image facts and a reverse-engineered Dockerfile; runs nothing and changes nothing')
    .argument('<source>', 'image name, tag, digest or ID, or where it is: docker-archive:, oci:, docker:// …')
    .option('--dockerfile', 'print the Dockerfile alone', false);
  addRegistryOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  pare info my/app\n  pare info --dockerfile my/app > Dockerfile.fat\n  pare info --json my/app | jq .wastedBytes\n  pare info docker-archive:app.tar\n  pare info docker://registry.example/app:1',
    )
    .action((image: string, options: InfoFlags, command: Command) =>
      run(command, (context) => runInfo(image, options, context)),
    );
}

async function runInfo(image: string, options: InfoFlags, context: CommandContext): Promise<number> {
  const { inspectImage } = await import('../../pipeline/inspect.ts');
  const info = await inspectImage(
    {
      reference: image,
      engine: engineChoice(context.global),
      source: parseImageSource(image),
      access: registryAccessFrom(options),
    },
    context,
  );
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
