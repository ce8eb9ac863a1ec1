import type { TarWrite } from '../formats/tar/tar-writer.ts';
import { parseImagePath } from '../model/path.ts';

const OWNERLESS = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: { seconds: 0, nanoseconds: 0 },
  xattrs: new Map(),
} as const;

/** A member of a docker archive: no owner, no time, so that equal images give equal archives. */
export function archiveFile(name: string, sizeBytes: number) {
  return { kind: 'file', path: parseImagePath(name), sizeBytes, ...OWNERLESS } as const;
}

/** A small member whose bytes are at hand. */
export function archiveDocument(name: string, bytes: Uint8Array): TarWrite {
  const content = (async function* () {
    yield bytes;
  })();
  return { entry: archiveFile(name, bytes.length), content };
}

/** An image's entry in manifest.json (moby image/spec v1.2, "Combined Image JSON + Filesystem Changeset Format"). */
export function archiveManifest(configName: string, layerNames: readonly string[], tags: readonly string[]) {
  return { Config: configName, Layers: layerNames, RepoTags: tags.length === 0 ? null : tags };
}
