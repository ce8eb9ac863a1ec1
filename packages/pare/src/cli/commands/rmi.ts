import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';

const examples = `
A name is taken away; an image without names goes, with what no other image needs.

Examples:
  pare rmi my/app:1.2
  pare rmi --force 5f2d54b7ddcf`;

/** Adds `pare rmi`. */
export function addRmiCommand(program: Command, run: CommandRunner): void {
  program
    .command('rmi')
    .description('remove images from the local store')
    .argument('<image...>', 'names or IDs')
    .option('-f, --force', 'remove an image that has several names', false)
    .addHelpText('after', examples)
    .action((images: readonly string[], { force }: { force: boolean }, command: Command) =>
      run(command, async (context) => {
        const { removeImages } = await import('../../pipeline/local-images.ts');
        const done = await removeImages(images, force);
        context.progress.close();
        const { formatBytes } = await import('../../report/format.ts');
        const lines = [
          ...done.untagged.map((name) => `untagged ${name}`),
          ...done.removed.map((id) => `removed ${id}`),
          ...done.kept.map((id) => `kept ${id}: another run of Pare has made the same image`),
          `freed ${formatBytes(done.freedBytes)}`,
        ];
        context.stdout.write(context.global.json ? `${JSON.stringify(done)}\n` : `${lines.join('\n')}\n`);
        return 0;
      }),
    );
}
