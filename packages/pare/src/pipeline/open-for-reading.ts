import { hostPlatform, type Image } from '@pare/oci';
import type { ImageFacts } from '../ports/container-engine.ts';
import { openPlainSource, type PlainSource } from '../sources/open-source.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import type { AcquireContext } from './acquired-image.ts';
import { connectEngine } from './connect-engine.ts';
import { openLocalStore } from './local-images.ts';

/** Opens an image for reading alone: an engine is asked only for what only an engine has. Throws PareError and OciError. */
export async function openForReading(context: AcquireContext): Promise<{
  readonly image: Image;
  readonly facts: Pick<ImageFacts, 'id' | 'tags'>;
  readonly dispose: () => Promise<void>;
}> {
  const { source, choice, run, ports } = context;
  if (source.kind !== 'named' && source.kind !== 'engine' && source.kind !== 'dockerfile') {
    const image = await openWithoutEngine(source, context);
    const dispose = async () => image[Symbol.asyncDispose]();
    return { image, facts: { id: image.configDigest, tags: [] }, dispose };
  }
  const engine = await connectEngine(engineFor(source, choice), run, ports.signal, ports.progress);
  try {
    const acquired = await acquireImage(engine, context);
    return {
      image: acquired.image,
      facts: acquired.facts,
      async dispose() {
        await acquired[Symbol.asyncDispose]();
        await engine[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

async function openWithoutEngine(
  source: PlainSource | Extract<AcquireContext['source'], { readonly kind: 'store' }>,
  { access, ports, run }: AcquireContext,
): Promise<Image> {
  if (source.kind === 'store') return await (await openLocalStore()).open(source.reference);
  return await openPlainSource(source, {
    access,
    architecture: hostPlatform().architecture,
    temporaryDirectory: run.directory,
    progress: ports.progress,
    signal: ports.signal,
  });
}
