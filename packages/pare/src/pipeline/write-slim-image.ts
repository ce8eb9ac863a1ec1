import { composeDockerArchive, type Digest, type ImageConfig, type ImagePath } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import { pareVersion } from '../model/version.ts';
import type { ContainerEngine, SlimParts } from '../ports/container-engine.ts';
import type { Cleanup } from './cleanup.ts';
import type { RunContext } from './run-context.ts';

/** A slim image that an engine holds without a tag. */
export interface StoredSlimImage {
  readonly id: string;
  readonly config: ImageConfig;
  /** Whether the engine had it before this run, so that a failure must not remove it. */
  readonly wasThere: boolean;
}

/**
 * Makes an image of one layer of the parts in the engine, without a tag. Equal parts give equal bytes: times come from the fat
 * image, never from the clock.
 */
export async function writeSlimImage(
  input: { readonly parts: SlimParts; readonly engine: ContainerEngine; readonly run: RunContext },
  signal: AbortSignal,
): Promise<StoredSlimImage> {
  const { parts, engine, run } = input;
  let wasThere = false;
  const beforeStored = async (id: Digest) => {
    wasThere = await engine.hasImage(id, signal);
    if (!wasThere) await run.recordImage(id, 'storing', engine.info.kind);
  };
  const stored =
    (await engine.composeImage?.(parts, { beforeStored, signal })) ??
    (await sendSlimImage(engine, parts, beforeStored, signal));
  if (!wasThere) await run.recordImage(stored.id, 'stored', engine.info.kind);
  if (signal.aborted && !wasThere) await engine.removeUntaggedImage(stored.id);
  signal.throwIfAborted();
  return { ...stored, wasThere };
}

/**
 * Sends it as an archive. An abort ends the archive before it is an image. Once it is sent whole the engine would finish behind our
 * back: then its answer is waited for.
 */
async function sendSlimImage(
  engine: ContainerEngine,
  parts: SlimParts,
  beforeStored: (id: Digest) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly config: ImageConfig }> {
  const composed = composeDockerArchive({ ...parts, beforeManifest: beforeStored, signal });
  const id = await engine.storeImage(composed.archive, undefined, composed.diffId);
  const made = composed.made();
  if (made === undefined)
    throw new PareError('engine-failed', `the engine stored ${id} before it was sent whole`);
  return { id, config: made.config };
}

/** What a slim image with these paths is made of. */
export function slimPartsOf(
  { image, tree }: Pick<SlimParts, 'image' | 'tree'>,
  paths: readonly ImagePath[],
): SlimParts {
  return { image, tree, paths, config: slimConfig(image.config) };
}

/** The fat image's config with one layer's history: what it runs, and as whom, stays. */
function slimConfig(fat: ImageConfig): ImageConfig {
  const created = fat.created === undefined ? {} : { created: fat.created };
  return { ...fat, history: [{ ...created, created_by: `pare build ${pareVersion}` }] };
}

/** Removes a slim image that must not stay, unless the engine had it before this run. */
export async function discardSlimImage(
  slim: StoredSlimImage,
  { engine, cleanup }: { readonly engine: ContainerEngine; readonly cleanup: Cleanup },
): Promise<void> {
  // An engine does not part with an image while a container of it is there, and those go at their leisure.
  await cleanup.settled();
  if (!slim.wasThere) await engine.removeUntaggedImage(slim.id);
}
