import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOf, type HostPath, hostPath } from '@pare/oci';

/** Where an engine of this machine keeps one layer. */
export interface LayerPlace {
  readonly diffId: Digest;
  readonly tarSplit: HostPath;
  readonly directory: HostPath;
}

/** Where an image is read from: the engine's own directories, or its API, with the reason why not in place. */
export type ImagePlaces =
  | { readonly kind: 'in-place'; readonly rawConfig: Uint8Array; readonly layers: readonly LayerPlace[] }
  | { readonly kind: 'stream'; readonly why: string };

export interface StoreFacts {
  /** Whether the engine's files are this machine's. */
  readonly local: boolean;
  /** Storage driver. */
  readonly driver: string;
  readonly rootDirectory: string | undefined;
}

const configLimitBytes = 16 * 2 ** 20;

/**
 * Finds an image in overlay2's directories (moby `layer/filestore.go`: a layer is named by its chain ID, and `cache-id`
 * names its directory in the driver). All is checked that can be without reading a layer: permissions, and the config's
 * digest. Never throws: what cannot be read in place is streamed.
 */
export async function locateImage(
  store: StoreFacts,
  id: Digest,
  diffIds: readonly Digest[],
): Promise<ImagePlaces> {
  if (!store.local) return { kind: 'stream', why: 'the engine is not on this machine' };
  if (store.driver !== 'overlay2')
    return { kind: 'stream', why: `the engine's store is ${store.driver}, not overlay2` };
  if (store.rootDirectory === undefined)
    return { kind: 'stream', why: 'the engine does not say where its files are' };
  const root = store.rootDirectory;
  try {
    const rawConfig = await readBounded(
      join(root, 'image/overlay2/imagedb/content/sha256', id.slice('sha256:'.length)),
      configLimitBytes,
    );
    if (digestOf(rawConfig) !== id)
      return { kind: 'stream', why: "the stored config's digest is not the image's ID" };
    const layers: LayerPlace[] = [];
    for (const [index, chainId] of chainIds(diffIds).entries()) {
      layers.push(await locateLayer(root, chainId, diffIds[index] ?? chainId));
    }
    return { kind: 'in-place', rawConfig, layers };
  } catch (error) {
    return { kind: 'stream', why: (error as Error).message };
  }
}

async function locateLayer(root: string, chainId: Digest, diffId: Digest): Promise<LayerPlace> {
  const entry = join(root, 'image/overlay2/layerdb/sha256', chainId.slice('sha256:'.length));
  const [cacheId, storedDiffId] = await Promise.all(
    ['cache-id', 'diff'].map(async (name) =>
      (await readBounded(join(entry, name), 1024)).toString('utf8').trim(),
    ),
  );
  if (cacheId === undefined || !/^[A-Za-z0-9_-]+$/.test(cacheId))
    throw new Error(`${entry}/cache-id is no name`);
  if (storedDiffId !== diffId) throw new Error(`${entry}/diff is not ${diffId}`);
  const place = {
    diffId,
    tarSplit: hostPath(join(entry, 'tar-split.json.gz')),
    directory: hostPath(join(root, 'overlay2', cacheId, 'diff')),
  };
  await access(place.tarSplit, constants.R_OK);
  await access(place.directory, constants.R_OK | constants.X_OK);
  return place;
}

/** Chain IDs of layers, lowest first (OCI image spec, "Layer ChainID"). */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(Buffer.from(`${below} ${diffId}`)));
  }
  return chain;
}

async function readBounded(path: string, limitBytes: number): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size > limitBytes) throw new Error(`${path} is longer than ${limitBytes} bytes`);
  return file.readFile();
}
