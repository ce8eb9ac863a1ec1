import type { Command } from 'commander';
import { parseImageSink, parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';

const examples = `
Examples:
  pare push registry.example/team/app:1.slim
  pare push app.slim docker://registry.example/team/app:1.slim
  pare push oci:out:slim docker://localhost:5000/app:slim
  pare push app.slim docker-archive:app.tar:app:slim`;

/** Adds `pare push`. */
export function addPushCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('push')
    .description('send an image of the local store to a registry')
    .argument('<image>', 'its name in the store, or another source: oci:, docker-archive:, docker:// …')
    .argument('[destination]', 'where it goes (default: the registry that its name says)');
  addRegistryOptions(command)
    .addHelpText('after', examples)
    .action((image: string, destination: string | undefined, flags: RegistryFlags, self: Command) =>
      run(self, (context) => runPush(image, destination, flags, context)),
    );
}

async function runPush(
  image: string,
  destination: string | undefined,
  flags: RegistryFlags,
  context: CommandContext,
): Promise<number> {
  const { pushStoredImage } = await import('../../pipeline/transfer-image.ts');
  const written = await pushStoredImage(
    {
      source: parseImageSource(image),
      access: registryAccessFrom(flags),
      ...(destination === undefined ? {} : { sink: parseImageSink(destination) }),
    },
    context,
  );
  context.progress.close();
  context.stdout.write(
    context.global.json ? `${JSON.stringify({ image, written })}\n` : `pushed ${written}\n`,
  );
  return 0;
}
