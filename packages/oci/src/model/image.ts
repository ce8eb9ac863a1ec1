import type { Digest, FileEntry, LayerEntry } from './entry.ts';
import type { LayerIndex } from './layer-index.ts';

/** The part of the image config that says how to run it (OCI image spec, "config"; plus Docker's fields). */
export interface RunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Shell?: readonly string[];
  readonly Healthcheck?: {
    /** `['NONE']`, `['CMD', …]` or `['CMD-SHELL', command]`. */
    readonly Test?: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly Retries?: number;
  };
  readonly OnBuild?: readonly string[];
  /** Docker: the command is already shell-escaped (Windows). Kept as is. */
  readonly ArgsEscaped?: boolean;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The image config (OCI image spec, `application/vnd.oci.image.config.v1+json`). */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly config: RunConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history: readonly HistoryEntry[];
}

/** A layer as its source keeps it, compressed or not. */
export interface LayerBlob {
  /** Of the image spec or Docker's; the bytes tell the compression, whatever it says. */
  readonly mediaType: string;
  /** Digest and length of the bytes as they are kept. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** The bytes; may be called any number of times. */
  read(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * A layer as a lazy read-only value. `entries` and `tar` may be called any number of times; each call reads
 * anew and in bounded memory.
 */
export interface Layer {
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest;
  /** The layer's entries in tar order, whiteouts included. Throws OciError on a truncated or hostile tar. */
  entries(signal?: AbortSignal): AsyncIterable<LayerEntry>;
  /** The content of a regular file of this layer, from `start` (default 0), at most `lengthBytes`. */
  open(
    file: FileEntry,
    range?: { readonly start: number; readonly lengthBytes: number },
  ): AsyncIterable<Uint8Array>;
  /** The uncompressed tar, whose SHA-256 is `diffId`. */
  tar(signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** All of `entries` at once, without a promise for each; what reads a layer prefers it where there is one. */
  readIndex?(signal?: AbortSignal): Promise<LayerIndex>;
  /** Of a layer whose index is kept in a cache: what it is known by there. Layers with the same have the same entries. */
  readonly indexName?: string;
  /** Length of `tar` without streaming it. */
  tarBytes?(): Promise<number>;
  /** The layer as it is kept, where that has a digest of its own; an image store takes it over unchanged. */
  blob?(signal?: AbortSignal): Promise<LayerBlob>;
}

/** An image as a lazy read-only value; what it holds open is released on dispose. */
export interface Image extends AsyncDisposable {
  /** What the user called it. */
  readonly reference: string;
  /** Digest of `rawConfig`: the image ID of Docker's classic store. */
  readonly configDigest: Digest;
  readonly config: ImageConfig;
  readonly rawConfig: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** The manifest as it came, where there is one: its layers are those of `Layer.blob`, in the same order. */
  readonly rawManifest?: Uint8Array;
}
