import type { Digest, HostPath, Image, ImageConfig } from '@pare/oci';
import type { SeccompProfile } from '../model/hardening-profile.ts';
import type { RunOptions } from '../model/scenario.ts';
import type { ImageParts, StageOptions } from './image-store.ts';

export interface EngineInfo {
  readonly kind: 'docker' | 'podman' | 'embedded';
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  /** Architecture of its kernel, in the image spec's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly kernel: string;
  readonly operatingSystem: string;
  /** Whether it shares this machine's kernel and file system, so that bind mounts and `/proc` can be used. */
  readonly local: boolean;
  /** Limits of a container that it cannot set, and why; such a limit in the run options is passed over. */
  readonly unlimited?: Readonly<Partial<Record<'memory' | 'cpus' | 'pids', string>>>;
}

/** What an engine knows of an image without reading its layers. */
export interface ImageFacts {
  readonly id: Digest;
  readonly tags: readonly string[];
  readonly architecture: string;
  readonly os: string;
  readonly sizeBytes: number;
  /** How `openImage` would read it; for the report and the progress view. */
  readonly reading?: ImageReading;
}

/** The way in which an image is read: from the engine's own files, or as an archive that the engine packs. */
export type ImageReading =
  | { readonly kind: 'in-place' }
  /** `why`: what stands against reading in place. */
  | { readonly kind: 'stream'; readonly why: string };

/** A bind mount that Pare itself needs, beside those of the run options. */
export interface BindMount {
  readonly source: HostPath;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What an image of one layer is to be made of: paths of one that the engine has. */
export interface SlimParts extends ImageParts {
  readonly config: ImageConfig;
}

/** An image that can be run and nothing else. Its containers must be gone when it is disposed of. */
export interface StagedImage extends AsyncDisposable {
  /** For `ContainerSpec.image`. */
  readonly id: string;
}

export interface StageImageOptions extends StageOptions {
  /**
   * What was staged of the same view of the image before. Where these parts have all of it, only the rest is made; it must be disposed of
   * later than what is made now.
   */
  readonly ahead?: StagedImage | undefined;
}

export interface ContainerSpec {
  /** Image reference or ID. */
  readonly image: string;
  readonly run: RunOptions;
  /**
   * Container ports, `port/protocol`, that Pare itself wants to reach: on a free port of 127.0.0.1, or through a unix
   * socket; where an engine on another machine is reached over TCP, on a free port of that machine. Ignored for a
   * container without a network of its own.
   */
  readonly publishLoopback: readonly string[];
  /** Replaces the whole command line; the run options' entrypoint and command are then not looked at. */
  readonly argv?: readonly string[];
  /** Over the run options' user and the image's. */
  readonly user?: string;
  readonly binds: readonly BindMount[];
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly seccomp?: SeccompProfile;
  readonly noNewPrivileges: boolean;
  readonly disableHealthcheck: boolean;
  /** A network that Pare made, and the names by which other containers on it find this one. Over the run options' network. */
  readonly attach?: { readonly network: string; readonly aliases: readonly string[] };
}

/** A network that Pare made. Disposing of it removes it; containers on it must be gone by then. */
export interface Network extends AsyncDisposable {
  readonly id: string;
}

export interface ContainerState {
  readonly running: boolean;
  /** Set once it has ended. */
  readonly exitCode: number | undefined;
  /** The engine's own message when it could not be started. */
  readonly error: string | undefined;
  /** PID of its first process as the engine's host sees it; undefined when it does not run. */
  readonly hostPid: number | undefined;
  /** What the image's health check says of a running container; undefined where it has none or it is disabled. */
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
}

/** A port of a container and the way to it. */
export type PublishedPort = PortOnHost | PortOnSocket;

export interface PortOnHost {
  readonly containerPort: number;
  readonly protocol: string;
  /** An address to connect to, never the unspecified one. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly socketPath?: never;
}

/** Reached through a unix socket of this machine, on which bytes go to and fro as on a TCP connection to the port. */
export interface PortOnSocket {
  readonly containerPort: number;
  readonly protocol: string;
  readonly socketPath: HostPath;
  readonly hostAddress?: never;
  readonly hostPort?: never;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

/** A container that Pare made. Disposing of it kills and removes it with its anonymous volumes. */
export interface Container extends AsyncDisposable {
  readonly id: string;
  /** Throws PareError `container-exited` when its program cannot be started. */
  start(signal?: AbortSignal): Promise<void>;
  state(signal?: AbortSignal): Promise<ContainerState>;
  /**
   * Resolves with the exit code once it has ended. May be called before `start`, and must not miss a quick end. Throws
   * when it is never started: what `start` threw, or `engine-failed` when it is removed before.
   */
  wait(signal?: AbortSignal): Promise<number>;
  /** Sends a signal to its first process, by name or number. No error when it has ended already. */
  kill(signalName: string): Promise<void>;
  /** Its output from the beginning; ends when the container does. Before `start` it waits for that, as `wait` does. */
  logs(signal?: AbortSignal): AsyncIterable<LogChunk>;
  /** Runs a command in it; each output stream is cut at `limitBytes` (default 1 MiB). */
  exec(
    argv: readonly string[],
    options?: { readonly limitBytes?: number; readonly signal?: AbortSignal },
  ): Promise<ExecResult>;
  ports(signal?: AbortSignal): Promise<readonly PublishedPort[]>;
  /** Reads a path out of it as a tar stream (also before start and after the end). */
  copyOut(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Unpacks a tar into a directory of it. */
  copyIn(directory: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
}

/** How a container that Pare did not make is run. */
export interface ContainerSettings {
  readonly name: string;
  /** ID of its image. */
  readonly image: string;
  readonly running: boolean;
  /** What `docker run` was told, with what the image's config says in its place where it was told nothing. */
  readonly run: RunOptions;
}

/** Something that Pare made in an engine. */
export interface OwnedObject {
  readonly id: string;
  /** Value of its `OWNER_LABEL`: the run that made it (it may still be going on). */
  readonly run: string;
}

export interface OwnedObjects {
  readonly containers: readonly OwnedObject[];
  readonly volumes: readonly OwnedObject[];
  readonly networks: readonly OwnedObject[];
}

/** What can run a container. Everything that it makes for Pare carries the label `OWNER_LABEL`. */
export interface ContainerEngine extends AsyncDisposable {
  readonly info: EngineInfo;
  /** Throws PareError `image-not-found`. */
  inspectImage(reference: string, signal?: AbortSignal): Promise<ImageFacts>;
  /** Opens an image for reading by the fastest exact way there is. */
  openImage(reference: string, signal?: AbortSignal): Promise<Image>;
  /**
   * Stores the one image of a docker archive without tags; returns its ID in this engine. Storing what is there already
   * is no error. When it fails or is aborted nothing of the image stays. `hashed` gives the digest of the one layer once that was
   * read, where the caller hashed it in making it: then it need not be hashed again.
   */
  storeImage(
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
    hashed?: () => Digest | undefined,
  ): Promise<string>;
  /**
   * Makes an image of one layer ready to be run before it is written, where that is much faster: its files are those of the
   * image that it is taken from. Undefined where that cannot be.
   */
  stageImage?(parts: SlimParts, options?: StageImageOptions): Promise<StagedImage | undefined>;
  /**
   * As `storeImage`, from the engine's own files, where that is faster than an archive. `beforeStored` is awaited when the image's ID is
   * known and before the image is there; an abort after that is too late. Undefined, with nothing stored, where that cannot be.
   */
  composeImage?(
    parts: SlimParts,
    options: { readonly beforeStored: (id: Digest) => Promise<void>; readonly signal?: AbortSignal },
  ): Promise<{ readonly id: Digest; readonly config: ImageConfig } | undefined>;
  hasImage(id: string, signal?: AbortSignal): Promise<boolean>;
  /** Points `reference` (`name[:tag]`) to an image; a tag of that name moves. */
  tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void>;
  /** Removes an image that has no tag; no error when it is gone already. */
  removeUntaggedImage(id: string): Promise<void>;
  /**
   * Refuses run options that `createContainer` would refuse whatever the image is, before one is looked for. `attached`: the container will be on
   * a network that Pare makes, not on the one that they name. Throws PareError `usage`, or `no-engine` where this machine lacks what they need.
   */
  checkRun?(
    run: RunOptions,
    how: { readonly attached: boolean; readonly signal?: AbortSignal },
  ): Promise<void>;
  /**
   * Says how many containers are about to be made, one after the other: what of them does not depend on their image may be begun. It changes
   * nothing but the time that they take; fewer may be made, or more.
   */
  expectContainers?(count: number): void;
  /** Says, in the same sense, that an image is about to be staged, run like the one before, and composed. */
  expectImage?(): void;
  createContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<Container>;
  /** How a container of that name or ID is run, whoever made it; undefined when there is none. */
  findContainer?(reference: string, signal?: AbortSignal): Promise<ContainerSettings | undefined>;
  /**
   * Makes a network of its own on which containers find each other by their aliases. `asked` are the networks that the run options
   * of those on it name: on an engine whose networks lead nowhere by themselves a name can ask for a way out.
   */
  createNetwork(signal?: AbortSignal, asked?: readonly string[]): Promise<Network>;
  /** Everything labelled as Pare's, of any run. */
  listOwned(signal?: AbortSignal): Promise<OwnedObjects>;
  /** Removes what `listOwned` gave. */
  removeOwned(objects: OwnedObjects): Promise<void>;
}

/**
 * Label key on containers, volumes and networks that Pare made; the value is the run's ID. Images carry no
 * label (it would change their digest): a run writes down the IDs it stores before it stores them, for `pare gc`.
 */
export const OWNER_LABEL = 'dev.pare.run';
