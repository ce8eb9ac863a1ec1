import { readFile } from 'node:fs/promises';
import type { FileUse, Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import { uniteObservations } from '../observe/facts/unite-observations.ts';
import { parseObservation } from '../report/observation-json.ts';

/** An observation and where it was read from. */
export interface SavedObservation {
  readonly source: string;
  readonly observation: Observation;
}

/** Reads observations of `pare observe` and `pare merge`, and those within reports. Throws PareError `usage`. */
export function readObservations(files: readonly string[]): Promise<readonly SavedObservation[]> {
  return Promise.all(files.map(readObservation));
}

async function readObservation(source: string): Promise<SavedObservation> {
  const text = await readFile(source, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new PareError('usage', `${source} cannot be read: ${cause.message}`, { cause });
  });
  return { source, observation: parseObservation(text, source) };
}

/**
 * Unites observations of one image, and counts in how many of them each path was asked for. Answers are those of the first.
 * Throws PareError `usage` for none, and for observations of different images: what one image uses says nothing about another.
 */
export function mergeObservations(saved: readonly SavedObservation[]): Observation {
  const [first, ...others] = saved;
  if (first === undefined) throw new PareError('usage', 'there is no observation to merge');
  for (const { source, observation } of others) refuseOther(first, source, observation);
  if (others.length === 0) return first.observation;
  const { runs: _, ...united } = uniteObservations(
    first.observation,
    others.map(({ source, observation }) => ({ name: source, observation })),
  );
  const counts = countUses(saved.map(({ observation }) => observation.files));
  return {
    ...united,
    // The other observations' answers are to the same questions as a rule: they are no runs of a scenario of their own.
    ...(first.observation.runs === undefined ? {} : { runs: first.observation.runs }),
    files: united.files.map((use) => ({ ...use, observedIn: counts.get(use.path) ?? 1 })),
    mergedFrom: saved.reduce((total, { observation }) => total + (observation.mergedFrom ?? 1), 0),
  };
}

/** Throws PareError `usage` for an observation of another image than the one that is to be slimmed. */
export function checkObservedImage(
  observation: Observation,
  image: { readonly reference: string; readonly id: string },
): void {
  if (observation.image.id === image.id) return;
  throw new PareError(
    'usage',
    `the observation is of ${observation.image.reference} (${observation.image.id}), and ${image.reference} is ${image.id}`,
    { hint: 'observe the image as it is now: pare observe' },
  );
}

function refuseOther(first: SavedObservation, source: string, { image }: Observation): void {
  const known = first.observation.image;
  if (image.id === known.id) return;
  throw new PareError('usage', `${first.source} and ${source} are observations of different images`, {
    details: [`${first.source}: ${known.reference} ${known.id}`, `${source}: ${image.reference} ${image.id}`],
    hint: 'merge observations of one image; build the other image by itself',
  });
}

function countUses(observations: readonly (readonly FileUse[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const files of observations) {
    for (const { path, observedIn = 1 } of files) counts.set(path, (counts.get(path) ?? 0) + observedIn);
  }
  return counts;
}
