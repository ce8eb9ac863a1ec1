import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { removeDraft } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { ContainerEngine, OwnedObject, OwnedObjects } from '../ports/container-engine.ts';
import { connectEveryEngine, type EngineChoice } from './connect-engine.ts';
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
  /** Directories of runs, drafts where images were being written to, unpacked layers that nothing uses. */
  readonly directories: readonly string[];
  /** Of the local image store: what no image names. */
  readonly blobs: readonly string[];
  /** The engines that were looked at, and those that did not answer with the reason. */
  readonly engines: { readonly looked: readonly string[]; readonly silent: readonly string[] };
  /** Runs whose images are in an engine that was not looked at: they are kept for a later `pare gc`. */
  readonly kept: readonly string[];
}

/**
 * Removes what runs on this machine left when they were killed, in every engine that answers or in those of one kind; what live
 * runs own is left alone. Throws PareError `no-engine` where none answers.
 */
export async function collectGarbage(input: {
  readonly engine: EngineChoice;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}): Promise<Garbage> {
  const { dryRun, signal } = input;
  await using run = await openRun();
  const { engines, silent } = await connectEveryEngine(input.engine, run, signal);
  try {
    if (engines.length === 0) {
      throw new PareError('no-engine', `no container engine answered. ${silent.join('; ')}`, {
        hint: 'start it, or name another: --engine',
        details: silent,
      });
    }
    const runs = await listRuns();
    const dead = runs.filter((left) => !left.alive);
    const found: EngineGarbage[] = [];
    for (const { engine } of engines) found.push(await collectIn(engine, runs, { dryRun, signal }));
    const kinds = new Set(engines.map(({ engine }) => engine.info.kind));
    const kept = dead.filter(({ images }) => images.some(({ engine }) => !kinds.has(engine)));
    const over = dead.filter((left) => !kept.includes(left));
    const directories = over.flatMap((left) => [left.directory, ...left.drafts]);
    if (!dryRun) await removeRuns(over);
    const store = await (await openLocalStore()).collectGarbage({ dryRun });
    const ids = (kind: keyof OwnedObjects) => found.flatMap(({ owned }) => owned[kind].map(({ id }) => id));
    return {
      containers: ids('containers'),
      volumes: ids('volumes'),
      networks: ids('networks'),
      images: found.flatMap(({ images }) => images),
      blobs: store.blobs,
      directories: [...directories, ...store.directories],
      engines: { looked: engines.map(({ where }) => where), silent },
      kept: kept.map(({ runId }) => runId),
    };
  } finally {
    for (const { engine } of engines) await engine[Symbol.asyncDispose]();
  }
}

/** The drafts first: the directory of the run is what knows of them. */
async function removeRuns(runs: readonly LeftRun[]): Promise<void> {
  for (const { directory, drafts } of runs) {
    for (const draft of drafts) await removeDraft(draft);
    await rm(directory, { recursive: true, force: true });
  }
}

interface EngineGarbage {
  readonly owned: OwnedObjects;
  readonly images: readonly string[];
}

async function collectIn(
  engine: ContainerEngine,
  runs: readonly LeftRun[],
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<EngineGarbage> {
  const deadIds = new Set(runs.filter((left) => !left.alive).map((left) => left.runId));
  const known = new Set(runs.map((left) => left.runId));
  // A run without a directory here may have had another TMPDIR: its process tells.
  const ofDeadRuns = ({ run: id }: OwnedObject) =>
    deadIds.has(id) || (!known.has(id) && isDeadRunOfThisMachine(id));
  const all = await engine.listOwned(signal);
  const owned = {
    containers: all.containers.filter(ofDeadRuns),
    volumes: all.volumes.filter(ofDeadRuns),
    networks: all.networks.filter(ofDeadRuns),
  };
  const recorded = runs.filter((left) => !left.alive).flatMap((left) => left.images);
  const images = await presentImages(
    engine,
    recorded.filter((image) => image.engine === engine.info.kind),
    signal,
  );
  if (!dryRun) {
    await engine.removeOwned(owned);
    for (const id of images) await engine.removeUntaggedImage(id);
  }
  return { owned, images };
}

/** How long an engine may go on with an image after the run that sent it was killed. */
const storingMs = 30_000;
const pollMs = 100;

async function presentImages(
  engine: ContainerEngine,
  recorded: readonly RecordedImage[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const image of recorded) {
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
    // The embedded engine ended with the run.
    if (state === 'stored' || engine.info.kind === 'embedded' || Date.now() > atMs + storingMs) return false;
    await delay(pollMs, undefined, { signal });
  }
}
