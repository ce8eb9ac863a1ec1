import type { ContainerEngine, SlimParts, StagedImage } from '../ports/container-engine.ts';
import type { StageOptions } from '../ports/image-store.ts';

/**
 * The part of the slim image that is known whatever is observed, made ready to be run: when the plan comes, the engine has only the
 * rest to make.
 */
export interface StageAhead extends AsyncDisposable {
  /** Begins, anew where it did before. What comes of it is there until this is disposed of, which no container may outlive. */
  begin(parts: SlimParts, options: StageOptions): void;
  /** What came of the last; undefined where nothing was begun, and where the engine has no use for it. Throws what went wrong. */
  image(): Promise<StagedImage | undefined>;
}

/** Opens it with nothing begun. */
export function openStageAhead(engine: ContainerEngine): StageAhead {
  const begun: Promise<StagedImage | undefined>[] = [];
  let disposed: Promise<void> | undefined;
  return {
    begin(parts, options) {
      const staging = engine.stageImage?.(parts, options);
      if (staging === undefined) return;
      // Who asks for it is told.
      staging.catch(() => undefined);
      begun.push(staging);
    },
    image: async () => begun.at(-1),
    [Symbol.asyncDispose]() {
      disposed ??= disposeOf(begun);
      return disposed;
    },
  };
}

async function disposeOf(begun: readonly Promise<StagedImage | undefined>[]): Promise<void> {
  const settled = await Promise.allSettled(
    begun.map(async (staging) => {
      const image = await staging.catch(() => undefined);
      await image?.[Symbol.asyncDispose]();
    }),
  );
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
