import type { ContainerEngine, SlimParts, StagedImage } from '../ports/container-engine.ts';
import type { StageOptions } from '../ports/image-store.ts';
import { aborted } from './aborted.ts';

/**
 * The part of the slim image that is known whatever is observed, made ready to be run: when the plan comes, the engine has only the
 * rest to make.
 */
export interface StageAhead extends AsyncDisposable {
  /**
   * Begins, anew where it did before; resolves once what is left to do is not this thread's. What comes of it is there until this is disposed
   * of, which no container may outlive.
   */
  begin(parts: SlimParts, options: Omit<StageOptions, 'onHandedOver' | 'keep'>): Promise<void>;
  /** What came of the last; undefined where nothing was begun, and where the engine has no use for it. Throws what went wrong. */
  image(): Promise<StagedImage | undefined>;
}

/** Opens it with nothing begun. */
export function openStageAhead(engine: ContainerEngine): StageAhead {
  const begun: Promise<StagedImage | undefined>[] = [];
  let disposed: Promise<void> | undefined;
  return {
    async begin(parts, options) {
      const handedOver = new AbortController();
      const onHandedOver = () => handedOver.abort();
      const staging = engine.stageImage?.(parts, { ...options, keep: true, onHandedOver });
      if (staging === undefined) return;
      begun.push(staging);
      // Who asks for it is told what it failed with.
      staging.then(onHandedOver, onHandedOver);
      await aborted(handedOver.signal);
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
