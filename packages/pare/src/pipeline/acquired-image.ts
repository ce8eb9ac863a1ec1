import { type Image, writeDockerArchive } from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import type { CallerPorts } from './build-session.ts';
import { checkArchitecture } from './check-image.ts';
import type { EngineChoice } from './connect-engine.ts';
import type { RunContext } from './run-context.ts';

/** An image that an engine can run and that can be read. Disposing of it removes what was stored in the engine for it. */
export interface AcquiredImage extends AsyncDisposable {
  readonly image: Image;
  readonly facts: ImageFacts;
  /** What it is called where it came from, to name others after; undefined where it has no name. */
  readonly name: string | undefined;
}

/** What acquiring needs. */
export interface AcquireContext {
  readonly source: ImageSource;
  readonly choice: EngineChoice;
  readonly access: RegistryAccess;
  readonly run: RunContext;
  readonly ports: CallerPorts;
}

/** Opens an image that the engine has. Throws PareError `image-not-found` and `image-foreign-architecture`. */
export async function openInEngine(
  engine: ContainerEngine,
  reference: string,
  signal: AbortSignal,
): Promise<AcquiredImage> {
  const facts = await engine.inspectImage(reference, signal);
  checkArchitecture(facts, engine.info, reference);
  const image = await engine.openImage(reference, signal);
  return { image, facts, name: reference, [Symbol.asyncDispose]: () => image[Symbol.asyncDispose]() };
}

/** Stores an image without a tag. Takes the image over: it is disposed of with what is given back, or when this fails. */
export async function copyIn(
  engine: ContainerEngine,
  image: Image,
  name: string | undefined,
  { run, ports }: AcquireContext,
): Promise<AcquiredImage> {
  const { signal } = ports;
  try {
    const { architecture, os } = image.config;
    checkArchitecture({ architecture, os }, engine.info, image.reference);
    const wasThere = await engine.hasImage(image.configDigest, signal);
    if (wasThere) {
      const facts = await engine.inspectImage(image.configDigest, signal);
      return { image, facts, name, [Symbol.asyncDispose]: () => image[Symbol.asyncDispose]() };
    }
    const stage = ports.progress.stage('bringing the image into the engine');
    await run.recordImage(image.configDigest, 'storing', engine.info.kind);
    const id = await engine.storeImage(writeDockerArchive(image, [], signal)).catch((error: unknown) => {
      stage.failed();
      throw error;
    });
    stage.done();
    await run.recordImage(id, 'stored', engine.info.kind);
    try {
      signal.throwIfAborted();
      const facts = await engine.inspectImage(id, signal);
      return { image, facts, name, [Symbol.asyncDispose]: () => forget(engine, image, id) };
    } catch (error) {
      await engine.removeUntaggedImage(id);
      throw error;
    }
  } catch (error) {
    await image[Symbol.asyncDispose]();
    throw error;
  }
}

/** Disposes of an image and of what was stored in the engine for it. */
export async function forget(engine: ContainerEngine, image: Image, id: string): Promise<void> {
  try {
    await image[Symbol.asyncDispose]();
  } finally {
    await engine.removeUntaggedImage(id);
  }
}
