import type { HistoryEntry, ImageConfig } from '@pare/oci';
import { applyInstruction, emptyState, missingInstructions } from './dockerfile/config-state.ts';
import type { Instruction } from './dockerfile/instruction.ts';
import { parseHistoryEntry } from './dockerfile/parse-history.ts';
import { comment } from './dockerfile/quoting.ts';
import { renderInstruction } from './dockerfile/render-instruction.ts';

interface Step {
  readonly instruction: Instruction;
  readonly entry: HistoryEntry;
}

/**
 * A Dockerfile reverse-engineered from an image's history and config, for people to read. It always parses, whatever the history
 * holds, and its instructions add up to the image's config; what cannot be told or said is a comment.
 */
export function reverseDockerfile(
  config: ImageConfig,
  reference: string,
  tags: readonly string[] = [],
): string {
  const steps = config.history.map(
    (entry): Step => ({ entry, instruction: parseHistoryEntry(entry, config.config) }),
  );
  const others = tags.filter((tag) => tag !== reference && tag !== `${reference}:latest`);
  const lines = [
    comment(`${reference}${others.length > 0 ? `, also ${others.join(', ')}` : ''}`),
    '# Told by Pare from the image history. Files are known by hash only where the builder kept no name,',
    '# and steps that only a comment shows cannot be said in a Dockerfile.',
    '',
    'FROM scratch',
  ];
  const state = emptyState();
  for (const [index, { instruction, entry }] of steps.entries()) {
    if (index > 0 && endsImage(steps, index - 1)) lines.push('', boundary(entry), '');
    lines.push(...renderInstruction(instruction, config.config, state.shell));
    applyInstruction(state, instruction);
  }
  const missing = missingInstructions(state, config.config);
  if (missing.length > 0) lines.push('', '# In the image config, but not as its history tells:');
  for (const instruction of missing)
    lines.push(...renderInstruction(instruction, config.config, state.shell));
  return `${lines.join('\n')}\n`;
}

/** Whether an image probably ended with this step and was the base of the rest: a command is an image's last word. */
function endsImage(steps: readonly Step[], index: number): boolean {
  const instruction = steps[index]?.instruction;
  if (instruction?.kind !== 'argv' || instruction.keyword !== 'CMD') return false;
  const next = steps[index + 1]?.instruction;
  if (next?.kind === 'argv' && next.keyword === 'ENTRYPOINT') return false;
  return steps
    .slice(index + 1)
    .some(({ instruction: later }) => later.kind === 'run' || later.kind === 'copy' || later.kind === 'argv');
}

function boundary(next: HistoryEntry): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(next.created ?? '')?.[0];
  return `# ---- the base image ends here; what follows was built on it${day === undefined ? '' : ` on ${day}`} ----`;
}
