import { type Image, OciError, parseRegistryReference, renderRegistryReference } from '@pare/oci';
import type { ImageSink, ImageSource } from '../model/image-place.ts';
import { PareError } from '../model/pare-error.ts';
import type { StoredImage } from '../ports/image-store.ts';
import { openPlainSource } from '../sources/open-source.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import { checkPlainSink, draftPlaces, writePlainSink } from '../sources/write-sink.ts';
import type { CallerPorts } from './build-session.ts';
import { openLocalStore } from './local-images.ts';
import { openRun } from './run-context.ts';

/**
 * Fetches an image into the local store. A plain name is a registry's here, with docker's rules for what it leaves out; other sources
 * are those that need no engine. Layers that the store has are not fetched. Throws PareError and OciError.
 */
export async function pullImage(
  input: { readonly source: ImageSource; readonly tag?: string; readonly access: RegistryAccess },
  ports: CallerPorts,
): Promise<StoredImage> {
  const source = input.source.kind === 'named' ? registryPlace(input.source.reference) : input.source;
  if (source.kind === 'engine' || source.kind === 'store' || source.kind === 'dockerfile') {
    throw new PareError('usage', `pare pull does not read from ${source.kind} sources`, {
      hint: 'name an image of a registry, an archive or a layout',
    });
  }
  await using run = await openRun();
  const store = await openLocalStore();
  const stored = new Set((await store.list()).flatMap(({ layers }) => layers.map(({ diffId }) => diffId)));
  await using image = await openPlainSource(source, {
    access: input.access,
    architecture: '',
    temporaryDirectory: run.directory,
    progress: ports.progress,
    signal: ports.signal,
    hasLayer: (diffId) => stored.has(diffId),
  });
  return await store.put(image, { tags: [input.tag ?? nameInStore(source, image)], signal: ports.signal });
}

/**
 * Sends an image of the local store, or of another source that needs no engine, to a sink: the registry that its name says, unless
 * told otherwise. Returns what was written. Throws PareError and OciError.
 */
export async function pushStoredImage(
  input: { readonly source: ImageSource; readonly sink?: ImageSink; readonly access: RegistryAccess },
  ports: CallerPorts,
): Promise<string> {
  const { source, access } = input;
  const sink = sinkOf(source, input.sink);
  await checkPlainSink(sink);
  await using run = await openRun();
  const context = {
    access,
    architecture: '',
    temporaryDirectory: run.directory,
    progress: ports.progress,
    signal: ports.signal,
  };
  await using image = await openToSend(source, context);
  await run.recordPlaces(await draftPlaces(sink));
  return await writePlainSink(image, sink, context);
}

async function openToSend(
  source: ImageSource,
  context: Parameters<typeof openPlainSource>[1],
): Promise<Image> {
  switch (source.kind) {
    case 'named':
    case 'store':
      return await (await openLocalStore()).open(source.reference);
    case 'engine':
    case 'dockerfile':
      throw new PareError('usage', `pare push does not read from ${source.kind} sources`, {
        hint: 'name an image of the local store (pare images), an archive or a layout',
      });
    default:
      return await openPlainSource(source, context);
  }
}

function sinkOf(source: ImageSource, sink: ImageSink | undefined): Parameters<typeof writePlainSink>[1] {
  const wanted = sink ?? source;
  if (wanted.kind === 'named') return registryPlace(wanted.reference);
  if (wanted.kind === 'store') return registryPlace(wanted.reference);
  if (sink === undefined || wanted.kind === 'engine' || wanted.kind === 'dockerfile') {
    throw new PareError('usage', 'it is not said where the image goes', {
      hint: 'name a destination: pare push SOURCE docker://HOST/NAME:TAG',
    });
  }
  return wanted;
}

function registryPlace(name: string) {
  try {
    return { kind: 'registry', reference: parseRegistryReference(name) } as const;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw new PareError('usage', error.message, { hint: 'write it as HOST/NAME:TAG', cause: error });
  }
}

/** What an image is called in the store: as in its registry, without docker's defaults; else as the source calls it. */
function nameInStore(source: Parameters<typeof openPlainSource>[0], image: Image): string {
  if (source.kind === 'registry') {
    const { host, repository, tag } = source.reference;
    const full = renderRegistryReference({ host, repository, tag: tag ?? 'latest', digest: undefined });
    return full.replace(/^docker\.io\/(?:library\/)?/, '');
  }
  const own = 'reference' in source ? (source.reference ?? image.reference) : undefined;
  if (own !== undefined && own !== source.path) return own;
  throw new PareError('usage', `the image of ${source.path} has no name`, { hint: 'name it: --tag NAME' });
}
