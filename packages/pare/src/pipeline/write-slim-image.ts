import { join } from 'node:path';
import { type FileTree, hostPath, type Image, type ImageConfig, layerFromTree, makeImage } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { pareVersion } from '../model/version.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { RunContext } from './run-context.ts';

/** A slim image that an engine holds without a tag. */
export interface StoredSlimImage {
  readonly id: string;
  readonly image: Image;
  /** Whether the engine had it before this run, so that a failure must not remove it. */
  readonly wasThere: boolean;
}

/**
 * Writes the planned paths as one layer and stores the image without a tag. Equal plans of one image give equal bytes:
 * times come from the fat image, never from the clock.
 */
export async function writeSlimImage(
  input: {
    readonly fat: Image;
    readonly tree: FileTree;
    readonly plan: ReductionPlan;
    readonly engine: ContainerEngine;
    readonly run: RunContext;
    readonly round: number;
  },
  signal: AbortSignal,
): Promise<StoredSlimImage> {
  const { fat, tree, plan, engine, run } = input;
  const file = hostPath(join(run.directory, `slim-${input.round}.tar`));
  const layer = await layerFromTree(
    tree,
    plan.kept.map((kept) => kept.path),
    file,
    signal,
  );
  const image = makeImage({
    reference: `${fat.reference}.slim`,
    config: slimConfig(fat.config),
    layers: [layer],
  });
  const wasThere = await engine.hasImage(image.configDigest, signal);
  if (wasThere) return { id: image.configDigest, image, wasThere };
  await run.recordImage(image.configDigest);
  return { id: await engine.storeImage(image, signal), image, wasThere };
}

/** The fat image's config with one layer's history: what it runs, and as whom, stays. */
function slimConfig(fat: ImageConfig): ImageConfig {
  const created = fat.created === undefined ? {} : { created: fat.created };
  return { ...fat, history: [{ ...created, created_by: `pare build ${pareVersion}` }] };
}

/** Removes a slim image that must not stay, unless the engine had it before this run. */
export async function discardSlimImage(slim: StoredSlimImage, engine: ContainerEngine): Promise<void> {
  if (!slim.wasThere) await engine.removeUntaggedImage(slim.id);
}
