import { composeDockerArchive, type FileTree, type Image, type ImageConfig } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { pareVersion } from '../model/version.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
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
 * Sends the planned paths as an image of one layer to the engine, which stores it without a tag. Equal plans of one image
 * give equal bytes: times come from the fat image, never from the clock.
 */
export async function writeSlimImage(
  input: {
    readonly fat: Image;
    readonly tree: FileTree;
    readonly plan: ReductionPlan;
    readonly engine: ContainerEngine;
    readonly run: RunContext;
  },
  signal: AbortSignal,
): Promise<StoredSlimImage> {
  const { fat, tree, plan, engine, run } = input;
  let wasThere = false;
  // An abort ends the archive before it is an image. Once it is sent whole the engine would finish behind our back: then its
  // answer is waited for.
  const composed = composeDockerArchive({
    config: slimConfig(fat.config),
    tree,
    paths: plan.kept.map((kept) => kept.path),
    async beforeManifest(configDigest) {
      wasThere = await engine.hasImage(configDigest, signal);
      if (!wasThere) await run.recordImage(configDigest, 'storing', engine.info.kind);
    },
    signal,
  });
  const id = await engine.storeImage(composed.archive, undefined, composed.diffId);
  if (!wasThere) await run.recordImage(id, 'stored', engine.info.kind);
  if (signal.aborted && !wasThere) await engine.removeUntaggedImage(id);
  signal.throwIfAborted();
  const made = composed.made();
  if (made === undefined)
    throw new PareError('engine-failed', `the engine stored ${id} before it was sent whole`);
  return { id, config: made.config, wasThere };
}

/** The fat image's config with one layer's history: what it runs, and as whom, stays. */
export function slimConfig(fat: ImageConfig): ImageConfig {
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
