import type { Command } from 'commander';
import type { Garbage } from '../../pipeline/gc.ts';
import type { CommandRunner } from '../command-context.ts';
import { engineChoice } from '../global-options.ts';

const kinds = ['containers', 'volumes', 'networks', 'images', 'directories', 'blobs'] as const;

/** Adds `pare gc`. */
export function addGcCommand(program: Command, run: CommandRunner): void {
  program
    .command('gc')
    .description(
      'remove what runs that were killed left behind: containers, volumes, networks, images, files',
    )
    .option('--dry-run', 'only list them', false)
    .addHelpText(
      'after',
      '\nEvery engine that answers is looked at; --engine, --host or --context narrows that. Runs that are still going on are left alone.',
    )
    .action((options: { dryRun: boolean }, command: Command) =>
      run(command, async (context) => {
        const { collectGarbage } = await import('../../pipeline/gc.ts');
        const found = await collectGarbage({
          engine: engineChoice(context.global),
          dryRun: options.dryRun,
          signal: context.signal,
        });
        context.progress.close();
        context.stdout.write(
          context.global.json ? `${JSON.stringify(found)}\n` : renderGarbage(found, options.dryRun),
        );
        return 0;
      }),
    );
}

function renderGarbage(found: Garbage, dryRun: boolean): string {
  const verb = dryRun ? 'would remove' : 'removed';
  const { looked, silent } = found.engines;
  const lines = [
    ...looked.map((engine) => `looked at ${engine}`),
    ...silent.map((engine) => `not there: ${engine}`),
    ...kinds.map((kind) => {
      const names = found[kind];
      return `${verb} ${names.length} ${kind}${names.map((name) => `\n  ${name}`).join('')}`;
    }),
    ...found.kept.map((run) => `kept the record of ${run}: its image is in an engine that was not looked at`),
  ];
  return `${lines.join('\n')}\n`;
}
