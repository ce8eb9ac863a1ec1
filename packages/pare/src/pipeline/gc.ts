import { rm } from 'node:fs/promises';
import type { ContainerEngine, OwnedObject } from '../ports/container-engine.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { isDeadRunOfThisMachine, type LeftRun, listRuns, openRun } from './run-context.ts';

/** What was found of killed runs, by kind. */
export interface Garbage {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  readonly images: readonly string[];
  readonly directories: readonly string[];
}

/** Removes what runs on this machine left when they were killed; what live runs own is left alone. */
export async function collectGarbage(input: {
  readonly engine: EngineChoice;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}): Promise<Garbage> {
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, input.signal);
  const runs = await listRuns();
  const dead = runs.filter((left) => !left.alive);
  const deadIds = new Set(dead.map((left) => left.runId));
  const known = new Set(runs.map((left) => left.runId));
  const owned = await engine.listOwned(input.signal);
  // A run without a directory here may have had another TMPDIR: its process tells.
  const ofDeadRuns = ({ run: id }: OwnedObject) =>
    deadIds.has(id) || (!known.has(id) && isDeadRunOfThisMachine(id));
  const left = {
    containers: owned.containers.filter(ofDeadRuns),
    volumes: owned.volumes.filter(ofDeadRuns),
    networks: owned.networks.filter(ofDeadRuns),
  };
  const images = await presentImages(engine, dead, input.signal);
  if (!input.dryRun) {
    await engine.removeOwned(left);
    for (const id of images) await engine.removeUntaggedImage(id);
    for (const { directory } of dead) await rm(directory, { recursive: true, force: true });
  }
  const ids = (objects: readonly OwnedObject[]) => objects.map((object) => object.id);
  return {
    containers: ids(left.containers),
    volumes: ids(left.volumes),
    networks: ids(left.networks),
    images,
    directories: dead.map((one) => one.directory),
  };
}

async function presentImages(
  engine: ContainerEngine,
  dead: readonly LeftRun[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of new Set(dead.flatMap((left) => left.images))) {
    if (!(await engine.hasImage(id, signal))) continue;
    const { tags } = await engine.inspectImage(id, signal);
    if (tags.length === 0) found.push(id);
  }
  return found;
}
