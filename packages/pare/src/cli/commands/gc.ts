import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { engineChoice } from '../global-options.ts';

/** Adds `pare gc`. */
export function addGcCommand(program: Command, run: CommandRunner): void {
  program
    .command('gc')
    .description(
      'remove what runs that were killed left behind: containers, volumes, networks, images, files',
    )
    .option('--dry-run', 'only list them', false)
    .addHelpText('after', '\nRuns that are still going on are left alone.')
    .action((options: { dryRun: boolean }, command: Command) =>
      run(command, async (context) => {
        const { collectGarbage } = await import('../../pipeline/gc.ts');
        const found = await collectGarbage({
          engine: engineChoice(context.global),
          dryRun: options.dryRun,
          signal: context.signal,
        });
        context.progress.close();
        if (context.global.json) context.stdout.write(`${JSON.stringify(found)}\n`);
        else {
          const verb = options.dryRun ? 'would remove' : 'removed';
          const lines = Object.entries(found).map(
            ([kind, names]) =>
              `${verb} ${names.length} ${kind}${names.map((name: string) => `\n  ${name}`).join('')}`,
          );
          context.stdout.write(`${lines.join('\n')}\n`);
        }
        return 0;
      }),
    );
}
