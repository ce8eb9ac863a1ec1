import type { ContainerEngine, SlimParts, StagedImage } from '../ports/container-engine.ts';
import type { StageOptions } from '../ports/image-store.ts';

/**
 * The part of the slim image that is known whatever is observed, made ready to be run: when the plan comes, the engine has only the
 * rest to make.
 */
export interface StageAhead extends AsyncDisposable {
  /** Begins, once at most. What comes of it is there until this is disposed of, which no container may outlive. */
  begin(parts: SlimParts, options: StageOptions): void;
  /** What came of it; undefined where nothing was begun, and where the engine has no use for it. Throws what went wrong. */
  image(): Promise<StagedImage | undefined>;
}

/** Opens it with nothing begun. */
export function openStageAhead(engine: ContainerEngine): StageAhead {
  let staging: Promise<StagedImage | undefined> = Promise.resolve(undefined);
  let disposed: Promise<void> | undefined;
  return {
    begin(parts, options) {
      staging = engine.stageImage?.(parts, options) ?? staging;
      // Who asks for it is told.
      staging.catch(() => undefined);
    },
    image: () => staging,
    [Symbol.asyncDispose]() {
      disposed ??= staging.then(
        (image) => image?.[Symbol.asyncDispose](),
        () => undefined,
      );
      return disposed;
    },
  };
}
