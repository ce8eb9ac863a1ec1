import type { Answer } from '../../model/observation.ts';
import type { Probe } from '../../model/scenario.ts';

/** Probes that nobody writes by accident: without an answer they prove nothing, and the scenario is wrong. */
const alwaysAsked: ReadonlySet<Probe['kind']> = new Set([
  'openapi',
  'tcp',
  'websocket',
  'grpc',
  'fastcgi',
  'host',
]);

/** Marks answers that failed as unmet, where the scenario asks for an answer. */
export function markAsked(probe: Probe, answers: readonly Answer[]): readonly Answer[] {
  if (!alwaysAsked.has(probe.kind) && !('expect' in probe && probe.expect !== undefined)) return answers;
  return answers.map((answer) =>
    answer.kind === 'failed' && answer.unmet === undefined ? { ...answer, unmet: [answer.message] } : answer,
  );
}
