import { basename } from 'node:path';
import {
  hasRegistryHost,
  hostPlatform,
  type Image,
  OciError,
  openDockerArchive,
  parseRegistryReference,
  type RegistryReference,
  writeDockerArchive,
} from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import { PareError } from '../model/pare-error.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import { buildDockerfile } from '../sources/build-dockerfile.ts';
import { openPlainSource, type PlainSource } from '../sources/open-source.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import type { CallerPorts } from './build-session.ts';
import { checkArchitecture } from './check-image.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openLocalStore } from './local-images.ts';
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
      return await copyIn(engine, await openStored(source.reference), source.reference, context);
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

/** Opens an image for reading alone: an engine is asked only for what only an engine has. Throws PareError and OciError. */
export async function openForReading(context: AcquireContext): Promise<{
  readonly image: Image;
  readonly facts: Pick<ImageFacts, 'id' | 'tags'>;
  readonly dispose: () => Promise<void>;
}> {
  const { source, choice, run, ports, access } = context;
  if (
    source.kind === 'store' ||
    (source.kind !== 'named' && source.kind !== 'engine' && source.kind !== 'dockerfile')
  ) {
    const image =
      source.kind === 'store'
        ? await openStored(source.reference)
        : await openPlainSource(source, {
            access,
            architecture: hostPlatform().architecture,
            temporaryDirectory: run.directory,
            progress: ports.progress,
            signal: ports.signal,
          });
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

async function acquireNamed(
  engine: ContainerEngine,
  reference: string,
  context: AcquireContext,
): Promise<AcquiredImage> {
  const { signal, progress } = context.ports;
  let facts: ImageFacts;
  try {
    facts = await engine.inspectImage(reference, signal);
  } catch (error) {
    const remote = registryOf(reference);
    const missing = error instanceof PareError && error.code === 'image-not-found';
    if (!missing || remote === undefined) throw error;
    progress.note(`the engine has no image ${reference}: it is fetched from ${remote.host}`);
    const source = { kind: 'registry', reference: remote } as const;
    return await acquireImage(engine, { ...context, source });
  }
  checkArchitecture(facts, engine.info, reference);
  const image = await engine.openImage(reference, signal);
  return {
    image,
    facts,
    name: reference,
    [Symbol.asyncDispose]: () => image[Symbol.asyncDispose](),
  };
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

async function openStored(reference: string): Promise<Image> {
  return await (await openLocalStore()).open(reference);
}

async function acquireBuilt(
  engine: ContainerEngine,
  path: Extract<ImageSource, { readonly kind: 'dockerfile' }>['path'],
  context: AcquireContext,
): Promise<AcquiredImage> {
  const { choice, run, ports } = context;
  const stage = ports.progress.stage(`building ${path}`);
  try {
    const built = await buildDockerfile({
      path,
      engine: engine.info,
      dockerArguments: [
        ...(choice.context === undefined ? [] : ['--context', choice.context]),
        ...(choice.host === undefined ? [] : ['--host', choice.host]),
      ],
      temporaryDirectory: run.directory,
      signal: ports.signal,
    });
    stage.done();
    const name = nameOfPath(path);
    if (built.kind === 'archive') {
      const image = await openDockerArchive(built.path, { spoolDirectory: run.directory });
      return await copyIn(engine, image, name, context);
    }
    await run.recordImage(built.id, 'stored', engine.info.kind);
    const acquired = await acquireNamed(engine, built.id, context);
    return { ...acquired, name, [Symbol.asyncDispose]: () => forget(engine, acquired.image, built.id) };
  } catch (error) {
    stage.failed();
    throw error;
  }
}

/** Stores an image without a tag. Takes the image over: it is disposed of with what is given back, or when this fails. */
async function copyIn(
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

async function forget(engine: ContainerEngine, image: Image, id: string): Promise<void> {
  try {
    await image[Symbol.asyncDispose]();
  } finally {
    await engine.removeUntaggedImage(id);
  }
}

/** An archive's image has its own name there; else the file or the directory names it. */
function nameOfSource(source: PlainSource, image: Image): string | undefined {
  if (source.kind === 'registry') {
    const { host, repository, tag } = source.reference;
    const where = host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
    return tag === undefined ? where : `${where}:${tag}`;
  }
  const own = 'reference' in source ? (source.reference ?? image.reference) : undefined;
  if (source.kind === 'docker-archive' && own !== undefined && own !== source.path) return own;
  return nameOfPath(source.path);
}

/** The last part of a path as an image name; undefined where nothing of it could be one. */
function nameOfPath(path: string): string | undefined {
  const name = basename(path === '.' || path === './' ? process.cwd() : path)
    .replace(/\.(?:tar|tgz|tar\.gz|tar\.zst|oci|docker)$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? undefined : name;
}
