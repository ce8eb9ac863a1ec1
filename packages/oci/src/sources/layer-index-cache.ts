import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeLayerIndex, encodeLayerIndex } from '../formats/layer-index.ts';
import type { Digest, LayerEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import type { HostPath } from '../model/path.ts';

/** How a layer is read decides what its index says of sparse files, so each way has an index of its own. */
export type LayerReading = 'tar' | 'tar-split';

/** Indexes of layers in a directory of the user's cache, so that the layers of a known base are not parsed again. */
export interface LayerIndexCache {
  /** The index that was kept; undefined for none, or one that cannot be read. */
  read(diffId: Digest, reading: LayerReading): Promise<readonly LayerEntry[] | undefined>;
  /** Keeps an index, and forgets those not used for longest where there are too many. A cache that cannot be written is no error. */
  write(diffId: Digest, reading: LayerReading, entries: readonly LayerEntry[]): Promise<void>;
}

/** An index of 30,000 entries takes about 1.6 MB. */
const LIMIT_BYTES = 256 * 1024 ** 2;
const DRAFT = /\.[0-9a-f]{12}\.partial$/;
/** A draft of this age belongs to a process that was killed. */
const DRAFT_AGE_MS = 3_600_000;

/** Opens the cache in `directory`, which is made when it is first written to. Several processes may use it at once. */
export function openLayerIndexCache(directory: HostPath, limitBytes = LIMIT_BYTES): LayerIndexCache {
  const placeOf = (diffId: Digest, reading: LayerReading) =>
    join(directory, `${diffId.slice('sha256:'.length)}.${reading}`);
  return {
    async read(diffId, reading) {
      const place = placeOf(diffId, reading);
      const bytes = await readFile(place).catch(() => undefined);
      if (bytes === undefined) return undefined;
      const now = new Date();
      // When it was last used decides what is forgotten; somebody may have forgotten it meanwhile.
      await utimes(place, now, now).catch(() => undefined);
      return decodeLayerIndex(bytes);
    },
    async write(diffId, reading, entries) {
      const place = placeOf(diffId, reading);
      const draft = `${place}.${randomBytes(6).toString('hex')}.partial`;
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(draft, encodeLayerIndex(entries), { mode: 0o600 });
        await rename(draft, place);
        await forgetOldest(directory, limitBytes);
      } catch {
        await rm(draft, { force: true }).catch(() => undefined);
      }
    },
  };
}

async function forgetOldest(directory: HostPath, limitBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const place = join(directory, name);
      const status = await stat(place).catch(() => undefined);
      return { place, isDraft: DRAFT.test(name), bytes: status?.size ?? 0, usedMs: status?.mtimeMs ?? 0 };
    }),
  );
  files.sort((left, right) => right.usedMs - left.usedMs);
  let total = 0;
  for (const { place, isDraft, bytes, usedMs } of files) {
    total += bytes;
    const forget = isDraft ? Date.now() - usedMs > DRAFT_AGE_MS : total > limitBytes;
    if (forget) await rm(place, { force: true });
  }
}

/** The same layer, whose index is looked up in the cache before it is read, and parsed once while the layer is held. */
export function cachedLayer(layer: Layer, reading: LayerReading, cache: LayerIndexCache): Layer {
  let known: readonly LayerEntry[] | undefined;
  const readIndex = async (signal?: AbortSignal): Promise<readonly LayerEntry[]> => {
    if (known !== undefined) return known;
    const kept = await cache.read(layer.diffId, reading);
    signal?.throwIfAborted();
    const entries = kept ?? (await readWhole(layer, signal));
    if (kept === undefined) await cache.write(layer.diffId, reading, entries);
    known = entries;
    return entries;
  };
  return {
    ...layer,
    readIndex,
    async *entries(signal) {
      yield* await readIndex(signal);
    },
  };
}

async function readWhole(layer: Layer, signal: AbortSignal | undefined): Promise<readonly LayerEntry[]> {
  if (layer.readIndex !== undefined) return await layer.readIndex(signal);
  const entries: LayerEntry[] = [];
  for await (const entry of layer.entries(signal)) entries.push(entry);
  return entries;
}
