import type { Digest, ImageConfig, ImagePath } from '@pare/oci';
import type { Ecosystem } from './package.ts';

/** One layer, lowest first, joined with the history entry that made it. */
export interface LayerInfo {
  readonly diffId: Digest;
  /** The history's `created_by`; undefined when the history names fewer layers than there are. */
  readonly createdBy: string | undefined;
  /** Sum of the sizes of the regular files that it brings, hardlinks once. */
  readonly sizeBytes: number;
  /** Regular files that it brings. */
  readonly files: number;
  /** The part of `sizeBytes` that no container sees, because a layer above overwrites or deletes it. */
  readonly wastedBytes: number;
}

/** A file that is stored in a layer but that no container sees. */
export interface WastedFile {
  readonly path: ImagePath;
  readonly sizeBytes: number;
  /** Position in `layers` of the layer that stores it. */
  readonly layer: number;
  /** Position in `layers` of the layer that hides it. */
  readonly hiddenBy: number;
  readonly how: 'overwritten' | 'deleted';
}

/** What `pare info` tells of an image. Versioned JSON. */
export interface ImageInfo {
  readonly schema: 'pare.info/1';
  readonly reference: string;
  readonly id: string;
  readonly tags: readonly string[];
  /** Sum of `layers`' sizes. */
  readonly sizeBytes: number;
  /** Entries of the merged view. */
  readonly files: number;
  readonly config: ImageConfig;
  readonly layers: readonly LayerInfo[];
  /** Installed packages by ecosystem; an ecosystem without any may be left out. */
  readonly packages: Readonly<Partial<Record<Ecosystem, number>>>;
  /** Sum of the layers' `wastedBytes`. */
  readonly wastedBytes: number;
  /** Largest first; may be cut. */
  readonly wasted: readonly WastedFile[];
  /** The reverse-engineered Dockerfile. */
  readonly dockerfile: string;
}
