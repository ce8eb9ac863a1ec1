/** How the application is started: the options of `docker run` that change what it does. */
export interface RunOptions {
  /** `NAME=value`, applied over the image's; a name set twice takes the last. */
  readonly env: readonly string[];
  /** `source:destination[:options]`, as `docker run -v`. */
  readonly volumes: readonly string[];
  /** `type=…,source=…,target=…[,readonly]`, as `docker run --mount`. */
  readonly mounts: readonly string[];
  readonly volumesFrom: readonly string[];
  readonly network?: string;
  readonly links: readonly string[];
  /** `[[ip:]hostPort:]containerPort[/protocol]`, as `docker run -p`. */
  readonly publish: readonly string[];
  /** Further ports that the application listens on though the image does not expose them, `port[/protocol]`. */
  readonly expose: readonly string[];
  readonly publishAll: boolean;
  /** `user[:group]`, names or numbers; over the image's. */
  readonly user?: string;
  readonly hostname?: string;
  readonly workdir?: string;
  /** Over the image's; also drops the image's command, as docker does. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly addHosts: readonly string[];
  readonly shmSizeBytes?: number;
}

/** One exercise of the application with an answer that can be compared. */
export type Probe =
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Follows same-origin links breadth-first from `path`. */
  | { readonly kind: 'crawl'; readonly path: string; readonly maxPages: number; readonly maxDepth: number }
  /** A command run in the container: by its shell when `command` is one string, as argv when it is a list. */
  | { readonly kind: 'exec'; readonly command: string | readonly string[] };

/** What ends the observation, beside the application's own exit. */
export type ContinueAfter = 'probe' | 'enter' | 'exec' | 'signal' | 'timeout' | 'app-exit';

/** How the application is started and exercised. The same scenario runs on the fat and on the slim image. */
export interface Scenario {
  readonly run: RunOptions;
  readonly probes: readonly Probe[];
  /** TCP ports to probe; empty: those that the image exposes. */
  readonly ports: readonly number[];
  readonly continueAfter: ContinueAfter;
  /** How long the application may take until it answers. */
  readonly readinessTimeoutMs: number;
  /** For `continueAfter: 'timeout'`: how long to observe once it is ready. */
  readonly observeMs: number;
  /** The longest that one request or command may take. */
  readonly probeTimeoutMs: number;
}
