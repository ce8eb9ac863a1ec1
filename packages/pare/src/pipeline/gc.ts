import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerEngine, OwnedObject } from '../ports/container-engine.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openLocalStore } from './local-images.ts';
import {
  isDeadRunOfThisMachine,
  type LeftRun,
  listRuns,
  openRun,
  type RecordedImage,
} from './run-context.ts';

/** What was found of killed runs, by kind. */
export interface Garbage {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  readonly images: readonly string[];
  readonly directories: readonly string[];
  /** Of the local image store: what no image names. Its unpacked layers that nothing uses are among the directories. */
  readonly blobs: readonly string[];
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
  const store = await (await openLocalStore()).collectGarbage({ dryRun: input.dryRun });
  const ids = (objects: readonly OwnedObject[]) => objects.map((object) => object.id);
  return {
    containers: ids(left.containers),
    volumes: ids(left.volumes),
    networks: ids(left.networks),
    images,
    blobs: store.blobs,
    directories: [...dead.map((one) => one.directory), ...store.directories],
  };
}

/** How long an engine may go on with an image after the run that sent it was killed. */
const storingMs = 30_000;
const pollMs = 100;

async function presentImages(
  engine: ContainerEngine,
  dead: readonly LeftRun[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const image of dead.flatMap((left) => left.images)) {
    if (!(await isThere(engine, image, signal))) continue;
    const { tags } = await engine.inspectImage(image.id, signal);
    if (tags.length === 0) found.push(image.id);
  }
  return [...new Set(found)];
}

/** An image that was being stored when its run was killed may be there only in a while: that is waited for. */
async function isThere(
  engine: ContainerEngine,
  { id, state, atMs }: RecordedImage,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    if (await engine.hasImage(id, signal)) return true;
    if (state === 'stored' || Date.now() > atMs + storingMs) return false;
    await delay(pollMs, undefined, { signal });
  }
}
