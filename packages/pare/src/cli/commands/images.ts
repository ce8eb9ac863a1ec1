import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';

const examples = `
Sizes are those of the store: layers as they came, compressed or not. UNIQUE is what removing the image would free.

Examples:
  pare images
  pare images --json | jq -r '.[].tags[]'`;

/** Adds `pare images`. */
export function addImagesCommand(program: Command, run: CommandRunner): void {
  program
    .command('images')
    .description('list the images of the local store')
    .addHelpText('after', examples)
    .action((_options: object, command: Command) =>
      run(command, async (context) => {
        const { openLocalStore } = await import('../../pipeline/local-images.ts');
        const images = await (await openLocalStore()).list();
        context.progress.close();
        const { renderImages } = await import('../../report/images.ts');
        context.stdout.write(
          context.global.json ? `${JSON.stringify(images, undefined, 2)}\n` : renderImages(images),
        );
        return 0;
      }),
    );
}
