import { join } from 'node:path';
import {
  cachedLayer,
  type Digest,
  type HostPath,
  hostPath,
  type Image,
  OciError,
  openLayerIndexCache,
  openTarSplitLayer,
  parseImageConfig,
  spoolDockerArchive,
} from '@pare/oci';
import type * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import type { ImageFacts } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { imagePath, parseTag } from './image-reference.ts';
import { type ImagePlaces, locateImage, type StoreFacts } from './layer-places.ts';
import { readLoadAnswer } from './load-answer.ts';
import { imageSchema } from './schemas.ts';

/** An engine packs a whole image before it sends the first byte, and unpacks one before it answers. */
const packDeadlineMs = 30 * 60_000;
const packIdleMs = 10 * 60_000;

type ApiImage = v.InferOutput<typeof imageSchema>;

/** Asks for an image. Throws PareError `image-not-found`. */
export async function inspect(
  client: ApiClient,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<ApiImage> {
  const call = { method: 'GET', path: `${imagePath(reference)}/json`, signal } as const;
  const image = await client.find(imageSchema, { ...call, doing: `looking for image ${reference}` });
  if (image !== undefined) return image;
  throw new PareError('image-not-found', `the engine has no image ${reference}`, {
    hint: 'check the name with `docker images`, or pull the image first',
  });
}

function locate(image: ApiImage, store: StoreFacts): Promise<ImagePlaces> {
  return locateImage(store, image.Id, (image.RootFS?.Layers ?? []) as Digest[]);
}

export async function inspectImage(
  client: ApiClient,
  store: StoreFacts,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<ImageFacts> {
  const image = await inspect(client, reference, signal);
  const places = await locate(image, store);
  return {
    id: image.Id,
    // Podman and old engines say so where there is no tag.
    tags: (image.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
    architecture: image.Architecture ?? '',
    os: image.Os ?? '',
    sizeBytes: image.Size ?? 0,
    reading: places.kind === 'in-place' ? { kind: 'in-place' } : { kind: 'stream', why: places.why },
  };
}

/**
 * Opens an image in the engine's own directories where that can be, the indexes of its layers cached; else spools the API's
 * archive.
 */
export async function openImage(
  client: ApiClient,
  store: StoreFacts,
  reference: string,
  { temporaryDirectory, cacheDirectory }: Record<'temporaryDirectory' | 'cacheDirectory', HostPath>,
  signal: AbortSignal | undefined,
): Promise<Image> {
  const facts = await inspect(client, reference, signal);
  const places = await locate(facts, store);
  if (places.kind === 'in-place') {
    const cache = openLayerIndexCache(hostPath(join(cacheDirectory, 'layer-indexes')));
    return {
      reference,
      configDigest: facts.Id,
      rawConfig: places.rawConfig,
      config: parseImageConfig(places.rawConfig),
      layers: places.layers.map((place) => cachedLayer(openTarSplitLayer(place), 'tar-split', cache)),
      // Every read opens and closes its own files.
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const archive = client.stream(
    {
      method: 'GET',
      path: `${imagePath(facts.Id)}/get`,
      doing: `reading image ${reference} from the engine`,
      deadlineMs: packDeadlineMs,
      signal,
    },
    packIdleMs,
  );
  const image = await spoolDockerArchive(archive, temporaryDirectory).catch(fullDisk(temporaryDirectory));
  return { ...image, reference, [Symbol.asyncDispose]: () => image[Symbol.asyncDispose]() };
}

function fullDisk(directory: HostPath): (error: unknown) => never {
  return (error) => {
    const full =
      error instanceof OciError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC';
    if (!full) throw error;
    throw new PareError('disk-full', `there is no room for the image in ${directory}`, {
      hint: 'make room, or set TMPDIR to a directory on a larger disk',
      cause: error,
    });
  };
}

/** Whether there is an image of that ID. */
export async function hasImage(
  client: ApiClient,
  id: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const path = `${imagePath(id)}/json`;
  return (
    (await client.find(imageSchema, { method: 'GET', path, doing: `looking for image ${id}`, signal })) !==
    undefined
  );
}

/** Loads the image of a docker archive without tags and returns its ID. */
export async function storeImage(
  client: ApiClient,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const id = await readLoadAnswer(
    client.stream(
      {
        method: 'POST',
        path: '/images/load',
        query: { quiet: '1' },
        body: archive,
        doing: 'storing an image',
        deadlineMs: packDeadlineMs,
        signal,
      },
      packIdleMs,
    ),
  );
  if (id !== undefined && (await hasImage(client, id, signal))) return id;
  throw new PareError(
    'engine-failed',
    `storing an image: the engine took it but has no image ${id ?? 'of it'}`,
  );
}

export async function tagImage(
  client: ApiClient,
  id: string,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { repository, tag } = parseTag(reference);
  await client.status({
    method: 'POST',
    path: `${imagePath(id)}/tag`,
    query: { repo: repository, tag },
    doing: `tagging image ${id} as ${reference}`,
    signal,
  });
}

/** Removing by ID would take away a tag too, so one that got a tag is left alone. */
export async function removeUntaggedImage(client: ApiClient, id: string): Promise<void> {
  const doing = `removing image ${id}`;
  const path = imagePath(id);
  const image = await client.find(imageSchema, { method: 'GET', path: `${path}/json`, doing });
  if (image === undefined || (image.RepoTags ?? []).some((tag) => tag !== '<none>:<none>')) return;
  // Without noprune the engine would also remove untagged parents, which are not ours.
  await client.status({ method: 'DELETE', path, query: { noprune: 'true' }, doing, accept: [404] });
}
