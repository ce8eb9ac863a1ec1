import type { ExecAnswer, ExitAnswer } from '../model/observation.ts';
import type { Difference } from '../model/verdict.ts';
import { firstDifferingLine } from './excerpt.ts';
import { normaliseText } from './normalise.ts';

type OutputAnswer = ExecAnswer | ExitAnswer;

/**
 * Compares what a command printed and how it ended. With `outputVaries` (the fat image itself printed something else
 * the second time) only the exit code, and whether there was output at all. Of a command on the user's own machine the
 * exit code alone: what it prints is not the image's.
 */
export function compareOutput(
  probe: string,
  fat: OutputAnswer,
  slim: OutputAnswer,
  outputVaries: boolean,
): readonly Difference[] {
  if (fat.exitCode !== slim.exitCode) {
    return [{ probe, kind: 'exit-code', fat: ending(fat), slim: ending(slim) }];
  }
  if (fat.kind === 'exec' && fat.onHost === true) return [];
  const differences: Difference[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    if (sameOutput(fat[stream], slim[stream], outputVaries)) continue;
    const lines = firstDifferingLine(fat[stream], slim[stream], normaliseText);
    differences.push({
      probe,
      kind: 'output',
      fat: `${stream} ${lines.fat}`,
      slim: `${stream} ${lines.slim}`,
    });
  }
  return differences;
}

function sameOutput(fat: string, slim: string, varies: boolean): boolean {
  if (varies) return (fat === '') === (slim === '');
  return fat === slim || normaliseText(fat) === normaliseText(slim);
}

/** A command that fails says why on its last line, as a rule. */
function ending(answer: OutputAnswer): string {
  const last = (answer.stderr.trim() || answer.stdout.trim()).split('\n').at(-1)?.slice(0, 160);
  return last === undefined || last === ''
    ? `exit code ${answer.exitCode}`
    : `exit code ${answer.exitCode}: ${last}`;
}
