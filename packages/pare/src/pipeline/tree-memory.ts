import { createHash } from 'node:crypto';
import {
  decodeFileTree,
  encodeFileTree,
  type FileTree,
  type HostPath,
  type Image,
  openFileCache,
} from '@pare/oci';
import type { Turn } from '../model/event-loop-turn.ts';

/** Merged trees that are kept between runs. */
export interface TreeMemory {
  /**
   * The tree that the same Pare kept of the same layers, read in the same way; undefined for none, or what is damaged. `turn` is awaited
   * now and then.
   */
  recall(image: Image, turn?: Turn): Promise<FileTree | undefined>;
  /** Keeps a tree, unless it was recalled. A cache that cannot be written is no error. */
  keep(image: Image, tree: FileTree): Promise<void>;
}

/** One of 40,000 paths takes 4.4 MB. */
const limitBytes = 256 * 1024 ** 2;

/** Opens what is kept in a directory of the user's cache; nothing is for code without an identity. */
export function openTreeMemory(directory: HostPath, codeIdentity: string | undefined): TreeMemory {
  const cache = openFileCache(directory, limitBytes);
  const recalled = new WeakSet<FileTree>();
  const nameOf = ({ layers }: Image): string | undefined => {
    const names = layers.map(({ indexName }) => indexName);
    if (codeIdentity === undefined || names.includes(undefined)) return undefined;
    return createHash('sha256')
      .update([codeIdentity, ...names].join('\n'))
      .digest('hex');
  };
  return {
    async recall(image, turn) {
      const name = nameOf(image);
      const bytes = name === undefined ? undefined : await cache.read(name);
      const tree = bytes === undefined ? undefined : await decodeFileTree(bytes, image.layers, turn);
      if (tree !== undefined) recalled.add(tree);
      return tree;
    },
    async keep(image, tree) {
      const name = recalled.has(tree) ? undefined : nameOf(image);
      if (name !== undefined) await cache.write(name, encodeFileTree(tree));
    },
  };
}
