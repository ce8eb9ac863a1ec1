import type { Image, ImagePath, LayerEntry } from '@pare/oci';
import type { LayerInfo, WastedFile } from '../model/image-info.ts';

/** What the layers of an image hold, and what of it no container sees. */
export interface LayerUse {
  readonly layers: readonly LayerInfo[];
  /** Largest first, equal sizes by path. */
  readonly wasted: readonly WastedFile[];
}

interface StoredFile {
  readonly sizeBytes: number;
  readonly layer: number;
}

interface LayerSums {
  sizeBytes: number;
  files: number;
  wastedBytes: number;
}

/** Reads every layer's entries once and finds the files that a layer above overwrites or deletes. */
export async function findLayerUse(image: Image, signal: AbortSignal): Promise<LayerUse> {
  const ledger = createLedger();
  for (const [index, layer] of image.layers.entries()) {
    ledger.beginLayer();
    for await (const entry of layer.entries(signal)) ledger.add(entry, index);
  }
  const commands = image.config.history
    .filter((entry) => entry.empty_layer !== true)
    .map((entry) => entry.created_by);
  return {
    layers: image.layers.map(({ diffId }, index) => ({
      diffId,
      createdBy: commands[index],
      ...(ledger.sums[index] ?? { sizeBytes: 0, files: 0, wastedBytes: 0 }),
    })),
    wasted: ledger.wasted.sort((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1)),
  };
}

function createLedger() {
  const visible = new Map<ImagePath, StoredFile>();
  const sums: LayerSums[] = [];
  const wasted: WastedFile[] = [];

  const hide = (path: ImagePath, hiddenBy: number, how: WastedFile['how']) => {
    const stored = visible.get(path);
    if (stored === undefined) return;
    visible.delete(path);
    // A layer that names a file twice wastes nothing of another layer's.
    if (stored.layer === hiddenBy) return;
    wasted.push({ path, ...stored, hiddenBy, how });
    const sum = sums[stored.layer];
    if (sum !== undefined) sum.wastedBytes += stored.sizeBytes;
  };
  const hideBelow = (directory: ImagePath, layer: number) => {
    const prefix = directory === '/' ? '/' : `${directory}/`;
    for (const [path, stored] of visible) {
      if (stored.layer !== layer && path.startsWith(prefix)) hide(path, layer, 'deleted');
    }
  };

  return {
    sums,
    wasted,
    beginLayer: () => sums.push({ sizeBytes: 0, files: 0, wastedBytes: 0 }),
    add(entry: LayerEntry, layer: number) {
      if (entry.kind === 'directory') return;
      if (entry.kind === 'opaque') return hideBelow(entry.path, layer);
      hide(entry.path, layer, entry.kind === 'whiteout' ? 'deleted' : 'overwritten');
      // A directory stood there when a whiteout or a non-directory takes the name of one.
      if (entry.kind !== 'file' && entry.kind !== 'hardlink') hideBelow(entry.path, layer);
      if (entry.kind !== 'file') return;
      visible.set(entry.path, { sizeBytes: entry.sizeBytes, layer });
      const sum = sums[layer];
      if (sum === undefined) return;
      sum.files += 1;
      sum.sizeBytes += entry.sizeBytes;
    },
  };
}
