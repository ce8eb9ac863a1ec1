import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOf, type HostPath, hostPath, ownedName, ownIdentity } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** Where things are in a store. All but `layers`, `leases`, `lock` and `temporary` is an OCI layout (OCI image spec, "Image Layout"). */
export interface StoreLayout {
  readonly root: HostPath;
  readonly blobs: HostPath;
  readonly index: HostPath;
  /** Unpacked layers, by who unpacked them and by diffID. */
  readonly layers: HostPath;
  /** Which process uses which unpacked layers. */
  readonly leases: HostPath;
  readonly lock: HostPath;
  /** What is being made. */
  readonly temporary: HostPath;
}

/** Bound of manifests, configs and the index; the registries' own is 4 MiB. */
export const documentLimitBytes = 16 * 1024 * 1024;

/** The places of a store. */
export function layoutOf(root: HostPath): StoreLayout {
  const at = (name: string) => hostPath(join(root, name));
  return {
    root,
    blobs: at('blobs/sha256'),
    index: at('index.json'),
    layers: at('layers'),
    leases: at('leases'),
    lock: at('lock'),
    temporary: at('tmp'),
  };
}

/** The hex digits of a digest: the name of its blob. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The file of a blob. */
export function blobFile({ blobs }: StoreLayout, digest: Digest): HostPath {
  return hostPath(join(blobs, hexOf(digest)));
}

/** A name for a draft of a small file. */
export async function draftFile({ temporary }: StoreLayout): Promise<string> {
  return join(temporary, ownedName(await ownIdentity()));
}

/** Reads a manifest or config and checks it. Throws PareError `image-invalid`. */
export async function readBlobDocument(layout: StoreLayout, digest: Digest): Promise<Uint8Array> {
  const file = blobFile(layout, digest);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw damaged(`the store lacks the blob ${digest}`, cause);
  });
  if (bytes.length > documentLimitBytes) throw damaged(`${file} is too large for a manifest or config`);
  if (digestOf(bytes) !== digest) throw damaged(`${file} is damaged: its digest is not ${digest}`);
  return bytes;
}

function damaged(message: string, cause?: unknown): PareError {
  return new PareError('image-invalid', message, {
    hint: 'remove the image (pare rmi) and fetch it again',
    cause,
  });
}
