import { createHash } from 'node:crypto';
import { packGzip } from '../formats/compression.ts';
import { digestOf } from '../formats/digest.ts';
import { objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { renderManifest } from '../sinks/layout-documents.ts';
import { readRegion, regionOfDescriptor } from '../sources/file-region.ts';
import { spoolStream } from '../sources/spool.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import type { Descriptor } from './descriptor.ts';
import type { BlobPlace } from './download-blob.ts';
import { inTurns } from './in-turns.ts';
import { OCI_LAYER, OCI_MANIFEST } from './media-types.ts';
import type { RegistryLayer } from './pull-image.ts';
import type { Registry } from './registry.ts';
import { type RegistryReference, renderRegistryReference } from './registry-reference.ts';
import { mountOrFindBlob, type UploadSource, uploadBlob } from './upload-blob.ts';

export interface PushOptions {
  /** Where packed layers are kept, nameless, while they are sent. */
  readonly spoolDirectory: HostPath;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
  /** How much of a blob is sent in one request at most; 64 MiB by default. */
  readonly pieceBytes?: number;
}

/** Packing keeps a core busy; sending waits: two at a time use both. */
const SIDE_BY_SIDE = 2;

/**
 * Sends an image to a registry (OCI distribution spec, "Push"): what is there, or can be mounted, not at all; the manifest
 * last, so that no reader sees half an image. Layers that are kept compressed are sent as they are, others packed with gzip;
 * an image whose layers all stay keeps its manifest, and so its digest. Gives the manifest's digest. Throws OciError.
 */
export async function pushImage(
  registry: Registry,
  reference: RegistryReference,
  image: Image,
  options: PushOptions,
): Promise<Digest> {
  const place: BlobPlace = { registry, repository: reference.repository };
  const ended = new AbortController();
  const signal =
    options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal]);
  const sent = new Map<Digest, SentLayer>();
  const unique = new Map(image.layers.map((layer) => [layer.diffId, layer]));
  const tasks = [...unique.values()].map((layer) => async () => {
    sent.set(layer.diffId, await pushLayer(place, layer, { ...options, signal }));
  });
  await inTurns(tasks, SIDE_BY_SIDE, (error) => ended.abort(error));
  await uploadBlob(place, bytesSource(image.rawConfig), { signal });
  const layers = image.layers.map(({ diffId }) => {
    const layer = sent.get(diffId);
    if (layer === undefined) throw new OciError('not-found', `layer ${diffId} was not sent`);
    return layer;
  });
  const own = layers.every(({ kept }) => kept) ? image.rawManifest : undefined;
  return await putManifest(registry, reference, own ?? newManifest(image, layers), signal);
}

interface SentLayer {
  readonly descriptor: Descriptor;
  /** It is the blob that it was before. */
  readonly kept: boolean;
}

function newManifest(image: Image, layers: readonly SentLayer[]): Uint8Array {
  // Docker's own type for the same bytes has no place in an OCI manifest.
  const ociType = (mediaType: string) =>
    mediaType.replace('application/vnd.docker.image.rootfs.diff.tar.', `${OCI_LAYER}+`);
  return renderManifest(
    image,
    layers.map(({ descriptor }) => ({ ...descriptor, mediaType: ociType(descriptor.mediaType) })),
  );
}

async function putManifest(
  registry: Registry,
  reference: RegistryReference,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Digest> {
  const { repository, tag } = reference;
  const digest = digestOf(bytes);
  const what = renderRegistryReference(reference);
  if (reference.digest !== undefined && reference.digest !== digest)
    throw new OciError('digest-mismatch', `the image would be ${digest} in the registry, not ${what}`);
  const { mediaType } = objectOf(parseJson(bytes, 'a manifest'), 'a manifest');
  const source = bytesSource(bytes);
  const answer = await registry.send({
    method: 'PUT',
    path: `/v2/${repository}/manifests/${tag ?? digest}`,
    scopes: [`repository:${repository}:pull,push`],
    headers: { 'content-type': typeof mediaType === 'string' ? mediaType : OCI_MANIFEST },
    body: { lengthBytes: bytes.length, open: () => source.open(0, bytes.length) },
    accept: [200, 201, 202],
    doing: `storing the manifest of ${what}`,
    signal,
  });
  answer.discard();
  const told = answer.headers['docker-content-digest'];
  if (typeof told === 'string' && told.startsWith('sha256:') && told !== digest)
    throw new OciError('digest-mismatch', `${what} was stored as ${told} instead of ${digest}`);
  return digest;
}

function bytesSource(bytes: Uint8Array): UploadSource {
  return {
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    async *open(start, lengthBytes) {
      yield bytes.subarray(start, start + lengthBytes);
    },
  };
}

type PushLayerOptions = PushOptions & { readonly signal: AbortSignal };

async function pushLayer(
  place: BlobPlace,
  layer: Layer | RegistryLayer,
  options: PushLayerOptions,
): Promise<SentLayer> {
  const { signal, spoolDirectory } = options;
  const blob = await layer.blob?.(signal);
  if (blob === undefined || !/[+.](?:gzip|zstd)$/.test(blob.mediaType)) {
    const packed = packGzip(verifiedTar(layer, signal));
    const { digest, size } = await sendStream(place, packed, spoolDirectory, options);
    return { descriptor: { mediaType: `${OCI_LAYER}+gzip`, digest, size }, kept: false };
  }
  const { digest, mediaType, sizeBytes } = blob;
  const descriptor = { mediaType, digest, size: sizeBytes };
  const near =
    'remote' in layer && layer.remote.host === place.registry.host ? layer.remote.repository : undefined;
  if (await mountOrFindBlob(place, digest, near, signal)) return { descriptor, kept: true };
  const sent = await sendStream(place, blob.read(signal), spoolDirectory, options);
  if (sent.digest !== digest)
    throw new OciError(
      'digest-mismatch',
      `the blob of layer ${layer.diffId} is ${sent.digest}, not ${digest}`,
    );
  return { descriptor, kept: true };
}

/** Sends what must be read once to know its digest, and again where a transfer breaks: by way of a nameless file. */
async function sendStream(
  place: BlobPlace,
  stream: AsyncIterable<Uint8Array>,
  directory: HostPath,
  { signal, onBytes, pieceBytes }: PushLayerOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  const handle = await spoolStream(stream, directory, (chunk) => hash.update(chunk));
  try {
    const region = regionOfDescriptor(handle.fd);
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    const source: UploadSource = {
      digest,
      sizeBytes: region.lengthBytes,
      open: (start, lengthBytes) => readRegion(region, { start, lengthBytes }, signal),
    };
    await uploadBlob(place, source, { signal, onBytes, pieceBytes });
    return { digest, size: region.lengthBytes };
  } finally {
    await handle.close();
  }
}
