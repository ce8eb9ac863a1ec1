import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { digestOf } from '../formats/digest.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { readRegion, regionOfDescriptor } from '../sources/file-region.ts';
import { spoolStream } from '../sources/spool.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import type { Descriptor } from './descriptor.ts';
import type { BlobPlace } from './download-blob.ts';
import { inTurns } from './in-turns.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from './media-types.ts';
import type { RegistryLayer } from './pull-image.ts';
import type { Registry } from './registry.ts';
import { type RegistryReference, renderRegistryReference } from './registry-reference.ts';
import { mountOrFindBlob, type UploadOptions, type UploadSource, uploadBlob } from './upload-blob.ts';

export interface PushOptions {
  /** Where packed layers are kept, nameless, while they are sent. */
  readonly spoolDirectory: HostPath;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** Packing keeps a core busy; sending waits: two at a time use both. */
const SIDE_BY_SIDE = 2;

/**
 * Sends an image to a registry (OCI distribution spec, "Push"): layers packed with gzip, those that are there or can be
 * mounted not at all; the manifest last, so that no reader sees half an image. A layer that came from a registry keeps its
 * blob where it can be mounted. Gives the manifest's digest. Throws OciError.
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
  const stored = new Map<Digest, Descriptor>();
  const unique = new Map(image.layers.map((layer) => [layer.diffId, layer]));
  const tasks = [...unique.values()].map((layer) => async () => {
    stored.set(layer.diffId, await pushLayer(place, layer, { ...options, signal }));
  });
  await inTurns(tasks, SIDE_BY_SIDE, (error) => ended.abort(error));
  await uploadBlob(place, bytesSource(image.rawConfig), { signal });
  const layers = image.layers.map(({ diffId }) => {
    const descriptor = stored.get(diffId);
    if (descriptor === undefined) throw new OciError('not-found', `layer ${diffId} was not sent`);
    return descriptor;
  });
  const config = { mediaType: OCI_CONFIG, digest: image.configDigest, size: image.rawConfig.length };
  return await putManifest(
    registry,
    reference,
    canonicalJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }),
    signal,
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
  const source = bytesSource(bytes);
  const answer = await registry.send({
    method: 'PUT',
    path: `/v2/${repository}/manifests/${tag ?? digest}`,
    scopes: [`repository:${repository}:pull,push`],
    headers: { 'content-type': OCI_MANIFEST },
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

async function pushLayer(
  place: BlobPlace,
  layer: Layer | RegistryLayer,
  options: PushOptions & { readonly signal: AbortSignal },
): Promise<Descriptor> {
  const mounted = await keepRemote(place, layer, options);
  if (mounted !== undefined) return mounted;
  const { signal, onBytes } = options;
  const packed = Readable.from(verifiedTar(layer, signal), { objectMode: false }).compose(createGzip());
  const hash = createHash('sha256');
  const handle = await spoolStream(packed, options.spoolDirectory, (chunk) => hash.update(chunk));
  try {
    const region = regionOfDescriptor(handle.fd);
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    const source: UploadSource = {
      digest,
      sizeBytes: region.lengthBytes,
      open: (start, lengthBytes) => readRegion(region, { start, lengthBytes }, signal),
    };
    await uploadBlob(place, source, { signal, onBytes });
    return { mediaType: `${OCI_LAYER}+gzip`, digest, size: region.lengthBytes };
  } finally {
    await handle.close();
  }
}

/** A layer of the same registry stays the blob that it is: nothing of it passes through here. */
async function keepRemote(
  place: BlobPlace,
  layer: Layer | RegistryLayer,
  { signal }: UploadOptions,
): Promise<Descriptor | undefined> {
  if (!('remote' in layer) || layer.remote.host !== place.registry.host) return undefined;
  const { repository, descriptor } = layer.remote;
  const mounted = await mountOrFindBlob(place, descriptor.digest, repository, signal);
  // Docker's own type for the same bytes has no place in an OCI manifest.
  const mediaType = descriptor.mediaType.replace(
    'application/vnd.docker.image.rootfs.diff.tar.',
    `${OCI_LAYER}+`,
  );
  return mounted ? { ...descriptor, mediaType } : undefined;
}
