import type { ImagePath } from '@pare/oci';
import type { FileUse } from '../model/observation.ts';
import type { HeldOut } from '../model/risk.ts';
import { laterHalfFrom, usesContent } from '../verify/risk/discovery.ts';
import type { BuildSession } from './build-session.ts';
import { closePlan } from './closure.ts';

const mostMissed = 20;

/**
 * Plans once more as if the later half of the probes had not been run, and says how much of what they were the first to use the
 * plan would have kept all the same (cross-validation by holding out). Undefined with too few probes to be split.
 */
export async function holdOut(
  session: Pick<
    BuildSession,
    'observation' | 'planInput' | 'tree' | 'analysis' | 'unobserved' | 'ports' | 'watch'
  >,
): Promise<HeldOut | undefined> {
  const { observation, planInput, ports, tree, watch } = session;
  const from = laterHalfFrom(observation.probes.length);
  if (from === undefined) return undefined;
  const isLater = ({ probe }: FileUse) => probe !== undefined && probe >= from;
  const used = new Set<ImagePath>();
  for (const use of observation.files) {
    if (!isLater(use) || !usesContent(use)) continue;
    const { entry } = tree.resolve(use.path);
    if (entry?.kind === 'file') used.add(entry.path);
  }
  const probes = observation.probes.length - from;
  if (used.size === 0) return { probes, used: 0, keptAnyway: 0, missed: [] };
  const earlier = { ...observation, files: observation.files.filter((use) => !isLater(use)) };
  const plan = await watch.time('hold out', 'planning without the later probes', () =>
    closePlan({ ...planInput, observation: earlier, putBack: [] }, session, ports.signal),
  );
  const kept = new Set(plan.kept.map(({ path }) => path));
  const missed = [...used].filter((path) => !kept.has(path)).sort();
  return {
    probes,
    used: used.size,
    keptAnyway: used.size - missed.length,
    missed: missed.slice(0, mostMissed),
  };
}
