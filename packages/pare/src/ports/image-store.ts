import type { Digest, FileTree, HostPath, Image, ImageConfig, ImagePath } from '@pare/oci';

/** A layer of a stored image. */
export interface StoredLayer {
  readonly diffId: Digest;
  /** The blob that holds it, as it came: plain, gzip or zstd. */
  readonly blob: Digest;
  readonly blobBytes: number;
}

/** An image of the local store. */
export interface StoredImage {
  /** Digest of its config: the image's ID. */
  readonly id: Digest;
  readonly manifestDigest: Digest;
  /** `name:tag`, sorted; none for an image that is there by its ID alone. */
  readonly tags: readonly string[];
  readonly architecture: string;
  readonly os: string;
  /** RFC 3339, as the config says. */
  readonly created: string | undefined;
  /** Lowest first. */
  readonly layers: readonly StoredLayer[];
  /** What its blobs take in the store, each once. */
  readonly sizeBytes: number;
  /** The part of `sizeBytes` that no other image of the store has. */
  readonly uniqueBytes: number;
  /** The part of `sizeBytes` that other images have too. */
  readonly sharedBytes: number;
}

/** Something in a layer that its directory does not have. */
export interface LeftOut {
  /** As the image has it; escaped where it is no UTF-8. */
  readonly path: string;
  readonly reason:
    | 'device-node'
    /** An attribute that would tell the kernel how to stack directories. */
    | 'overlay-attribute'
    /** An attribute that cannot be set without the host's own privileges, or that the file system does not take. */
    | 'attribute';
}

/**
 * The layers of an image as directories for overlayfs. While it is held no other process removes them; dispose of it
 * when nothing is mounted on them any more.
 */
export interface LayerDirectories extends AsyncDisposable {
  /**
   * Bottom to top, at least one; `lowerdir=` of mount(2) wants them in the other order. The topmost may be one that Pare made,
   * with what no layer alone can say (metadata of a directory that a layer only implies, hardlinks across layers).
   */
  readonly directories: readonly HostPath[];
  /** Whether they were unpacked for a user namespace: mount with `userxattr` then (Linux 5.11). */
  readonly userxattr: boolean;
  readonly leftOut: readonly LeftOut[];
}

/** The directories of a layer whose files are hardlinks to unpacked layers. */
export interface LinkedDirectories extends LayerDirectories {
  /** What is in them, of the view of the image that they were made of; directories on the way left out. */
  readonly paths: ReadonlySet<ImagePath>;
}

/** Paths of an image, with the view of it that they are in. */
export interface ImageParts {
  readonly image: Image;
  readonly tree: FileTree;
  readonly paths: readonly ImagePath[];
}

/** How an image is made ready to be run. */
export interface StageOptions {
  /** Called once all that is left to do is another program's: this thread is free. Not called where nothing comes of it. */
  readonly onHandedOver?: (() => void) | undefined;
  /** Awaited now and then: lets whoever shares the thread come to their turn. */
  readonly turn?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the same is likely to be wanted of the image again: it stays as long as the image does, one such set for each. */
  readonly keep?: boolean | undefined;
}

/** What was removed, or would be. */
export interface StoreGarbage {
  /** Blobs that no image names. */
  readonly blobs: readonly Digest[];
  /** Unpacked layers that no image has and nothing uses, and what killed processes left. */
  readonly directories: readonly HostPath[];
  readonly bytes: number;
}

/**
 * Images on this machine's disk, as an OCI layout, and their layers unpacked. Processes may use it side by side. All
 * functions throw PareError; those that take a reference (`name[:tag]`, `name@digest`, an ID or the beginning of one)
 * throw `image-not-found`, and `usage` where the beginning of an ID fits several. What was stored without a tag is held for this process
 * until it is tagged, removed, or the store disposed of.
 */
export interface ImageStore extends AsyncDisposable {
  readonly root: HostPath;
  /** Every image, by its first tag, then the untagged by ID. */
  list(): Promise<readonly StoredImage[]>;
  resolve(reference: string): Promise<StoredImage>;
  /** Opens an image for reading: layers are lazy, their indexes cached, their bytes checked. */
  open(reference: string): Promise<Image>;
  /** What the files of an image's layers take, also those that a later one hides; fast where the layers are unpacked. */
  contentBytes(reference: string): Promise<number>;
  /**
   * Takes an image in; tags that other images have move. What is there already is not written again. Nothing stays of an
   * image that could not be stored whole. Throws `image-invalid` when a layer is not what its digest says.
   */
  put(
    image: Image,
    options?: { readonly tags?: readonly string[]; readonly signal?: AbortSignal },
  ): Promise<StoredImage>;
  /**
   * Takes in the one image of a docker archive with plain layers, in one pass, without a tag; returns its ID. Until it is
   * tagged it need not outlive the machine's going down. Throws `image-invalid` as `put`.
   */
  receive(
    archive: AsyncIterable<Uint8Array>,
    options?: {
      readonly signal?: AbortSignal;
      /** Gives the digest of the one layer, which was hashed when it was made, once it was read. */
      readonly hashed?: () => Digest | undefined;
    },
  ): Promise<Digest>;
  /** Unpacks the layers that are not unpacked yet, and holds them. */
  layerDirectories(reference: string, signal?: AbortSignal): Promise<LayerDirectories>;
  /** Says that an image is about to be linked and composed: what does not depend on it may be begun. */
  expectImage(): void;
  /**
   * The directory that a layer with these paths of a stored image would be, made of hardlinks to the unpacked layers of that; undefined
   * where they do not have all of it. Disposing of it removes it. Where all that is `under` is among these paths, of the same view of the
   * image, only the rest is made, to be laid over that, which must be disposed of later.
   */
  linkLayer(
    parts: ImageParts,
    options?: StageOptions & { readonly under?: LinkedDirectories | undefined },
  ): Promise<LinkedDirectories | undefined>;
  /**
   * Takes in an image of one layer with these paths of a stored image, without a tag, as `receive` does; undefined, with nothing stored, where
   * the unpacked layers of that do not have all of it. `beforeStored` is awaited when the ID is known; an abort after that is too late.
   */
  compose(
    parts: ImageParts & { readonly config: ImageConfig },
    options: { readonly beforeStored: (id: Digest) => Promise<void>; readonly signal?: AbortSignal },
  ): Promise<{ readonly id: Digest; readonly config: ImageConfig } | undefined>;
  /** Points a tag to an image; a tag of that name moves. Returns the tag as it is stored. */
  tag(reference: string, tag: string): Promise<string>;
  /** Takes a tag away; the image stays, by its ID alone when it was the last. */
  untag(tag: string): Promise<void>;
  /**
   * Removes an image with all its tags, and what no other image needs. No error when it is gone already. False, with the tags gone, where another
   * process has stored the same and not tagged it yet.
   */
  remove(id: Digest): Promise<boolean>;
  /** Removes what no image needs and what killed processes left. What others are using stays. */
  collectGarbage(options?: { readonly dryRun?: boolean }): Promise<StoreGarbage>;
}
