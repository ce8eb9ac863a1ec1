import type { Command } from 'commander';
import { parseImageSource } from '../../sources/parse-place.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { addRegistryOptions, type RegistryFlags, registryAccessFrom } from '../registry-flags.ts';

const examples = `
Credentials are those of docker login and podman login. A name without a host is Docker Hub's.

Examples:
  pare pull registry.example/team/app:1
  pare pull localhost:5000/app --tag app
  pare pull --platform linux/arm64 registry.example/team/app@sha256:…`;

interface PullFlags extends RegistryFlags {
  readonly tag?: string;
}

/** Adds `pare pull`. */
export function addPullCommand(program: Command, run: CommandRunner): void {
  const command = program
    .command('pull')
    .description('fetch an image from a registry into the local store')
    .argument('<image>', 'HOST/NAME:TAG or HOST/NAME@DIGEST')
    .option('-t, --tag <name>', 'name in the store (default: its name in the registry)');
  addRegistryOptions(command)
    .addHelpText('after', examples)
    .action((image: string, flags: PullFlags, self: Command) =>
      run(self, (context) => runPull(image, flags, context)),
    );
}

async function runPull(image: string, flags: PullFlags, context: CommandContext): Promise<number> {
  const { pullImage } = await import('../../pipeline/transfer-image.ts');
  const stored = await pullImage(
    {
      source: parseImageSource(image),
      access: registryAccessFrom(flags),
      ...(flags.tag === undefined ? {} : { tag: flags.tag }),
    },
    context,
  );
  context.progress.close();
  context.stdout.write(
    context.global.json
      ? `${JSON.stringify(stored, undefined, 2)}\n`
      : `pulled ${stored.tags.join(', ') || stored.id}\n`,
  );
  return 0;
}
