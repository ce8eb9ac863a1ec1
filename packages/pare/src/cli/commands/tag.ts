import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';

const examples = `
Examples:
  pare tag my/app my/app:1.2
  pare tag 5f2d54b7ddcf registry.example:5000/my/app`;

/** Adds `pare tag`. */
export function addTagCommand(program: Command, run: CommandRunner): void {
  program
    .command('tag')
    .description('give an image of the local store a further name; a name of that kind moves')
    .argument('<image>', 'name, digest or ID')
    .argument('<name>', 'the new name, with an optional :tag')
    .addHelpText('after', examples)
    .action((image: string, name: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const { openLocalStore } = await import('../../pipeline/local-images.ts');
        const tag = await (await openLocalStore()).tag(image, name);
        context.progress.close();
        if (context.global.json) context.stdout.write(`${JSON.stringify({ tag })}\n`);
        return 0;
      }),
    );
}
