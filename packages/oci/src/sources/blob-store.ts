import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { type FileRegion, scanTar } from '../formats/tar/tar-index.ts';
import type { TarHeader } from '../formats/tar/tar-member.ts';
import { OciError } from '../model/oci-error.ts';
import { type HostPath, hostPath, parseImagePath } from '../model/path.ts';
import { borrowedRegion, openFileRegion, type RegionSource, readRegionWhole } from './file-region.ts';

/** Manifests, indexes and configs are read whole; the registries' own bound is 4 MiB. */
const DOCUMENT_LIMIT_BYTES = 16 * 1024 * 1024;
const MEMBER_LIMIT = 100_000;
const LINK_LIMIT = 10;

/** Named blobs: the files of an archive or of a layout directory. */
export interface BlobStore {
  /** What holds the blobs, for errors. */
  readonly label: string;
  has(name: string): boolean;
  /** Where a blob's bytes are. The source throws OciError `not-found`. */
  source(name: string): RegionSource;
}

/** Reads a small blob whole. Throws OciError `not-found` or `too-large`. */
export async function readDocument(store: BlobStore, name: string): Promise<Uint8Array> {
  await using held = await store.source(name)();
  return readRegionWhole(held.region, DOCUMENT_LIMIT_BYTES, `${name} of ${store.label}`);
}

interface ArchiveMember {
  readonly region: FileRegion | undefined;
  /** Set for a link: the member it leads to. */
  readonly target: string | undefined;
}

/** The members of an uncompressed archive as blobs; links among them are followed inside the archive. */
export async function archiveBlobStore(handle: FileHandle, label: string): Promise<BlobStore> {
  const members = new Map<string, ArchiveMember>();
  const { size } = await handle.stat();
  const archive = { descriptor: handle.fd, start: 0, lengthBytes: size };
  const add = (header: TarHeader, offset: number): void => {
    const name = parseImagePath(header.name).slice(1);
    members.set(name, memberOf(name, header, { ...archive, start: offset, lengthBytes: header.storedBytes }));
  };
  await scanTar(archive, add, { limits: { entries: MEMBER_LIMIT } }).catch((error: unknown) => {
    if (!(error instanceof OciError)) throw error;
    throw new OciError(error.code, `${label}: ${error.message}`, { cause: error });
  });
  const find = (name: string): FileRegion | undefined => {
    let member = members.get(posix.normalize(name));
    for (let links = 0; member?.target !== undefined && links < LINK_LIMIT; links++)
      member = members.get(member.target);
    return member?.region;
  };
  return {
    label,
    has: (name) => find(name) !== undefined,
    source: (name) => async () => {
      const region = find(name);
      if (region === undefined) throw new OciError('not-found', `${label} has no ${name}`);
      return borrowedRegion(region);
    },
  };
}

/** Docker's old archives hold a layer that two images share once, and symlinks to it (`../ID/layer.tar`). */
function memberOf(name: string, header: TarHeader, region: FileRegion): ArchiveMember {
  if (header.type === 'symlink') {
    return { region: undefined, target: posix.join(posix.dirname(name), header.linkName) };
  }
  if (header.type === 'hardlink')
    return { region: undefined, target: parseImagePath(header.linkName).slice(1) };
  return {
    region: header.type === 'file' && header.segments === undefined ? region : undefined,
    target: undefined,
  };
}

/** The files of a directory as blobs. Names come from this package, never from a document. */
export function directoryBlobStore(directory: HostPath, names: ReadonlySet<string>): BlobStore {
  return {
    label: directory,
    has: (name) => names.has(name),
    source: (name) => () => openFileRegion(hostPath(posix.join(directory, name))),
  };
}
