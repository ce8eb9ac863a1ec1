import {
  hasRegistryHost,
  type Image,
  OciError,
  parseRegistryReference,
  type RegistryReference,
} from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import { PareError } from '../model/pare-error.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import { openPlainSource } from '../sources/open-source.ts';
import { acquireBuilt } from './acquire-built.ts';
import { type AcquireContext, type AcquiredImage, copyIn, openInEngine } from './acquired-image.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openLocalStore } from './local-images.ts';
import { nameOfSource } from './source-name.ts';

/** Which engine is worked with: a source that names one decides where the user left it open. */
export function engineFor(source: ImageSource, choice: EngineChoice): EngineChoice {
  return source.kind === 'engine' && choice.engine === 'auto' ? { ...choice, engine: source.engine } : choice;
}

/**
 * Brings an image into an engine where it is not there: stored without a tag, written down for `pare gc`, and removed again on
 * dispose. An image that the engine had stays. Throws PareError and OciError.
 */
export async function acquireImage(engine: ContainerEngine, context: AcquireContext): Promise<AcquiredImage> {
  const { source, ports, access } = context;
  switch (source.kind) {
    case 'named':
      return await acquireNamed(engine, source.reference, context);
    case 'engine':
      if (engine.info.kind === source.engine) return await acquireNamed(engine, source.reference, context);
      return await copyIn(engine, await openElsewhere(context, source), source.reference, context);
    case 'store':
      if (engine.info.kind === 'embedded') return await acquireNamed(engine, source.reference, context);
      return await copyIn(
        engine,
        await (await openLocalStore()).open(source.reference),
        source.reference,
        context,
      );
    case 'dockerfile':
      return await acquireBuilt(engine, source.path, context);
    default: {
      const image = await openPlainSource(source, {
        access,
        architecture: engine.info.architecture,
        temporaryDirectory: context.run.directory,
        progress: ports.progress,
        signal: ports.signal,
      });
      return await copyIn(engine, image, nameOfSource(source, image), context);
    }
  }
}

async function acquireNamed(
  engine: ContainerEngine,
  reference: string,
  context: AcquireContext,
): Promise<AcquiredImage> {
  const { signal, progress } = context.ports;
  try {
    return await openInEngine(engine, reference, signal);
  } catch (error) {
    const remote = registryOf(reference);
    const missing = error instanceof PareError && error.code === 'image-not-found';
    if (!missing || remote === undefined) throw error;
    progress.note(`the engine has no image ${reference}: it is fetched from ${remote.host}`);
    const source = { kind: 'registry', reference: remote } as const;
    return await acquireImage(engine, { ...context, source });
  }
}

/** A name with a registry's host; a name without one is never fetched, whoever may have it. */
function registryOf(reference: string): RegistryReference | undefined {
  if (!hasRegistryHost(reference)) return undefined;
  try {
    return parseRegistryReference(reference);
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

async function openElsewhere(
  { choice, run, ports }: AcquireContext,
  source: Extract<ImageSource, { readonly kind: 'engine' }>,
): Promise<Image> {
  const { engine: _own, ...where } = choice;
  const other = await connectEngine({ ...where, engine: source.engine }, run, ports.signal);
  try {
    const image = await other.openImage(source.reference, ports.signal);
    return {
      ...image,
      async [Symbol.asyncDispose]() {
        await image[Symbol.asyncDispose]();
        await other[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await other[Symbol.asyncDispose]();
    throw error;
  }
}
