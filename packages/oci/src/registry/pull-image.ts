import { SNIFF_BYTES, sniffCompression } from '../formats/compression.ts';
import { digestOf } from '../formats/digest.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { listOf } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { imageFromParts } from '../mutate/make-image.ts';
import {
  borrowedRegion,
  type RegionSource,
  readRegion,
  readRegionWhole,
  regionOfDescriptor,
} from '../sources/file-region.ts';
import { openLayerBlob, tarLayer } from '../sources/tar-layer.ts';
import { choosePlatform, hostPlatform, type Platform } from './choose-platform.ts';
import { type Descriptor, parseDescriptor } from './descriptor.ts';
import { type BlobPlace, downloadBlob } from './download-blob.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { inTurns } from './in-turns.ts';
import { CONFIG_TYPES, isLayerType } from './media-types.ts';
import { readWhole } from './read-whole.ts';
import type { Registry } from './registry.ts';
import { type RegistryReference, renderRegistryReference } from './registry-reference.ts';

export interface PullOptions {
  /** For an index; this machine's by default. */
  readonly platform?: Platform;
  /** Where layers are kept, nameless, while the image is open. */
  readonly spoolDirectory: HostPath;
  /** Ends everything that the image does with the registry, also later. */
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** A layer that is fetched when it is first read. */
export interface RegistryLayer extends Layer {
  /** Where its blob is. */
  readonly remote: { readonly host: string; readonly repository: string };
}

/** An image in a registry. */
export interface RegistryImage extends Image {
  /** Of the image's own manifest, also where the reference leads to an index. */
  readonly manifestDigest: Digest;
  readonly rawManifest: Uint8Array;
  readonly layers: readonly RegistryLayer[];
  /** Fetches layers side by side: all of them, or those that are asked for. */
  fetchLayers(wanted?: (diffId: Digest) => boolean): Promise<void>;
}

const CONFIG_LIMIT_BYTES = 16 * 1024 * 1024;
const LAYER_LIMIT = 1000;
/** As many as docker fetches at a time. */
const SIDE_BY_SIDE = 3;

/**
 * Opens an image of a registry (OCI distribution spec, "Pull"). Its manifest and config are fetched and checked at once,
 * layers when they are read or by `fetchLayers`; each is checked by its digest before it is unpacked and by its diffID
 * after. The registry must stay open as long as the image. Throws OciError.
 */
export async function openRegistryImage(
  registry: Registry,
  reference: RegistryReference,
  options: PullOptions,
): Promise<RegistryImage> {
  const { signal } = options;
  const what = renderRegistryReference(reference);
  const manifest = await findManifest(registry, reference, options.platform ?? hostPlatform(), signal);
  const place: BlobPlace = { registry, repository: reference.repository };
  const rawConfig = await fetchConfig(
    place,
    parseDescriptor(manifest.json.config, `the config of ${what}`),
    what,
    signal,
  );
  const diffIds = parseImageConfig(rawConfig).rootfs.diff_ids;
  const descriptors = listOf(manifest.json.layers, `the layers of ${what}`).map((value) =>
    layerDescriptor(value, what),
  );
  if (diffIds.length !== descriptors.length || descriptors.length > LAYER_LIMIT) {
    throw new OciError(
      'corrupt',
      `the manifest of ${what} has ${descriptors.length} layers where its config names ${diffIds.length}`,
    );
  }
  const ended = new AbortController();
  const joined = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  const opened = descriptors.map((descriptor, at) =>
    openRemoteLayer(place, descriptor, diffIds[at] ?? descriptor.digest, { ...options, signal: joined }),
  );
  const image = imageFromParts({
    reference: what,
    rawConfig,
    layers: opened.map(({ layer }) => layer),
    dispose: async () => {
      ended.abort();
      for (const { dispose } of opened) await dispose();
    },
  });
  return {
    ...image,
    layers: opened.map(({ layer }) => layer),
    manifestDigest: manifest.digest,
    rawManifest: manifest.bytes,
    async fetchLayers(wanted = () => true) {
      const tasks = opened.filter(({ layer }) => wanted(layer.diffId)).map(({ fetch }) => fetch);
      await inTurns(tasks, SIDE_BY_SIDE, (error) => ended.abort(error));
    },
  };
}

async function findManifest(
  registry: Registry,
  reference: RegistryReference,
  platform: Platform,
  signal: AbortSignal | undefined,
) {
  const first = await fetchManifest(registry, reference, signal);
  if (first.kind === 'manifest') return first;
  const { digest } = choosePlatform(first.json, platform, renderRegistryReference(reference));
  const second = await fetchManifest(registry, { ...reference, digest }, signal);
  if (second.kind === 'manifest') return second;
  throw new OciError('unsupported', `${renderRegistryReference(reference)} is an index of indexes`);
}

async function fetchConfig(
  place: BlobPlace,
  descriptor: Descriptor,
  what: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (!CONFIG_TYPES.includes(descriptor.mediaType)) {
    const type = JSON.stringify(descriptor.mediaType.slice(0, 200));
    throw new OciError('not-an-image', `${what} is no image: its config is ${type}`);
  }
  const answer = await place.registry.send({
    method: 'GET',
    path: `/v2/${place.repository}/blobs/${descriptor.digest}`,
    scopes: [`repository:${place.repository}:pull`],
    accept: [200],
    doing: `fetching the config of ${what}`,
    signal,
  });
  const bytes = await readWhole(answer.body, CONFIG_LIMIT_BYTES, `the config of ${what}`);
  if (digestOf(bytes) === descriptor.digest) return bytes;
  throw new OciError(
    'digest-mismatch',
    `the config of ${what} is ${digestOf(bytes)}, not ${descriptor.digest}`,
  );
}

function layerDescriptor(value: unknown, what: string): Descriptor {
  const descriptor = parseDescriptor(value, `a layer of ${what}`);
  if (isLayerType(descriptor.mediaType)) return descriptor;
  const type = JSON.stringify(descriptor.mediaType.slice(0, 200));
  throw new OciError('unsupported', `a layer of ${what} is ${type}, which Pare cannot read`);
}

function openRemoteLayer(place: BlobPlace, descriptor: Descriptor, diffId: Digest, options: PullOptions) {
  const { spoolDirectory, signal, onBytes } = options;
  let fetched: ReturnType<typeof downloadBlob> | undefined;
  const download = () => {
    fetched ??= downloadBlob(place, descriptor, spoolDirectory, { signal, onBytes });
    // Whoever reads the layer gets the failure; until then nobody may look.
    fetched.catch(() => undefined);
    return fetched;
  };
  const blob = async () => borrowedRegion(regionOfDescriptor((await download()).fd));
  const opened = openLayerBlob(checkedPlain(blob, descriptor, diffId), { diffId, spoolDirectory });
  const layer: RegistryLayer = {
    ...tarLayer(diffId, opened.source),
    remote: { host: place.registry.host, repository: place.repository },
    blob: async () => ({
      mediaType: descriptor.mediaType,
      digest: descriptor.digest,
      sizeBytes: descriptor.size,
      async *read(readSignal) {
        await using held = await blob();
        yield* readRegion(held.region, undefined, readSignal);
      },
    }),
  };
  return {
    layer,
    fetch: async () => {
      await download();
    },
    async dispose() {
      await opened[Symbol.asyncDispose]();
      const handle = await fetched?.catch(() => undefined);
      await handle?.close();
    },
  };
}

/** A compressed blob is checked by its diffID when it is unpacked; a plain one must be it. */
function checkedPlain(blob: RegionSource, descriptor: Descriptor, diffId: Digest): RegionSource {
  return async () => {
    const held = await blob();
    const { lengthBytes } = held.region;
    const head = { ...held.region, lengthBytes: Math.min(SNIFF_BYTES, lengthBytes) };
    const plain = sniffCompression(readRegionWhole(head, SNIFF_BYTES, diffId)) === 'none';
    if (!plain || descriptor.digest === diffId) return held;
    await held[Symbol.asyncDispose]();
    throw new OciError(
      'digest-mismatch',
      `the plain layer ${descriptor.digest} is not ${diffId}, as its config says`,
    );
  };
}
