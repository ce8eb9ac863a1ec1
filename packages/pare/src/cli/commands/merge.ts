import type { Command } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { outputStyle } from '../global-options.ts';

const examples = `
Examples:
  pare merge monday.json tuesday.json -o week.json
  pare merge pare-artifacts/*/report.json -o all.json
  pare build --observation week.json my/app`;

/** Adds `pare merge`. */
export function addMergeCommand(program: Command, run: CommandRunner): void {
  program
    .command('merge')
    .description('unite what several runs of one image used')
    .argument('<file...>', 'observations of pare observe or pare merge, or reports of pare build')
    .requiredOption('-o, --output <file>', 'where the united observation goes')
    .addHelpText('after', examples)
    .action((files: readonly string[], { output }: { readonly output: string }, self: Command) =>
      run(self, (context) => runMerge(files, output, context)),
    );
}

async function runMerge(files: readonly string[], output: string, context: CommandContext): Promise<number> {
  const { mergeFiles } = await import('../../pipeline/merge.ts');
  const result = await mergeFiles(files, output);
  context.progress.close();
  const { renderMerge } = await import('../../report/merge-summary.ts');
  const { renderObservationJson } = await import('../../report/observation-json.ts');
  context.stdout.write(
    context.global.json
      ? renderObservationJson(result.observation)
      : `${renderMerge(result, { ...outputStyle(context), file: output })}\n`,
  );
  return 0;
}
