import type { ContainerEngine, SlimParts, StagedImage } from '../ports/container-engine.ts';
import type { StageOptions } from '../ports/image-store.ts';

/**
 * The part of the slim image that is known before anything was observed, made ready to be run: when the plan comes, the engine has only
 * the rest to make.
 */
export interface StageAhead extends AsyncDisposable {
  /** Undefined while there is none, and where the engine has no use for one. */
  readonly image: StagedImage | undefined;
  /** May be called once. What comes of it is there until this is disposed of, which no container may outlive. */
  stage(parts: SlimParts, options: StageOptions): Promise<void>;
}

/** Opens it with nothing staged. */
export function openStageAhead(engine: ContainerEngine): StageAhead {
  let image: StagedImage | undefined;
  let disposed: Promise<void> | undefined;
  return {
    get image() {
      return image;
    },
    async stage(parts, options) {
      image = await engine.stageImage?.(parts, options);
    },
    [Symbol.asyncDispose]() {
      disposed ??= Promise.resolve(image?.[Symbol.asyncDispose]());
      return disposed;
    },
  };
}
