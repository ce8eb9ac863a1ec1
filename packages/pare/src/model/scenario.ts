import type { HostPath } from '@pare/oci';
import type { Ecosystem } from './package.ts';

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
  /** Most memory that it may take; how many processors, in parts of one; how many processes and threads. */
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  /** `target[:options]`, as `docker run --tmpfs`. */
  readonly tmpfs?: readonly string[];
  /** Over the image's. */
  readonly stopSignal?: string;
  /** Whether the root file system is read-only. */
  readonly readOnly?: boolean;
  /** Addresses of name servers, and domains that short names are looked up in. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  /** `name=value` kernel parameters of the container's own namespaces. */
  readonly sysctls?: readonly string[];
}

/** What an HTTP or FastCGI answer must be like. The texts are regular expressions without anchors of their own. */
export interface HttpExpectation {
  readonly status?: number;
  readonly body?: string;
  /** By name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the end of a command must be like. The texts are regular expressions without anchors of their own. */
export interface CommandExpectation {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** One exercise of the application with an answer that can be compared. */
export type Probe =
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
      /** The port to ask; undefined: every port that speaks HTTP. */
      readonly port?: number;
      readonly expect?: HttpExpectation;
    }
  /** Follows same-origin links breadth-first from `path`. */
  | {
      readonly kind: 'crawl';
      readonly path: string;
      readonly maxPages: number;
      readonly maxDepth: number;
      readonly port?: number;
    }
  /** A command run in the container: by its shell when `command` is one string, as argv when it is a list. */
  | {
      readonly kind: 'exec';
      readonly command: string | readonly string[];
      readonly expect?: CommandExpectation;
    }
  /** Every operation of an OpenAPI or Swagger specification, with its example values. */
  | {
      readonly kind: 'openapi';
      readonly source:
        | { readonly kind: 'path'; readonly path: string }
        | { readonly kind: 'file'; readonly file: HostPath };
      readonly port?: number;
    }
  /** Bytes sent and the answer read until `expect` matches it, or until nothing more comes. */
  | {
      readonly kind: 'tcp';
      readonly port: number;
      readonly tls: boolean;
      readonly send: string;
      /** A regular expression. */
      readonly expect?: string;
    }
  /** Messages sent one after the other; `expect` has a regular expression for each message that comes back. */
  | {
      readonly kind: 'websocket';
      /** Undefined: the first port that the application listens on. */
      readonly port?: number;
      readonly tls: boolean;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly protocols: readonly string[];
      readonly send: readonly string[];
      readonly expect: readonly string[];
    }
  /** Lists the services by server reflection, describes each, and makes the calls. */
  | {
      readonly kind: 'grpc';
      readonly port: number;
      readonly tls: boolean;
      readonly calls: readonly GrpcCall[];
    }
  /** One request in the protocol of FastCGI, as a web server would send it. */
  | {
      readonly kind: 'fastcgi';
      readonly port: number;
      /** SCRIPT_FILENAME: a path in the container. */
      readonly script: string;
      readonly method: string;
      readonly query: string;
      readonly body?: string;
      /** Over the parameters that Pare sends by itself. */
      readonly params: Readonly<Record<string, string>>;
      readonly expect?: HttpExpectation;
    }
  /** A command line run by this machine's shell, with the published addresses in its environment. */
  | {
      readonly kind: 'host';
      readonly command: string;
      readonly env: Readonly<Record<string, string>>;
      /** Where it runs: the directory of the scenario's file. */
      readonly workdir: HostPath;
      readonly timeoutMs: number;
      readonly expect?: CommandExpectation;
    };

/** One call. Messages are in protobuf's JSON form. */
export interface GrpcCall {
  /** `package.Service/Method`. */
  readonly method: string;
  /** One message, or several where the method streams from the client. */
  readonly requests: readonly unknown[];
  /** Of a method that streams from the server, how many messages are waited for. */
  readonly maxMessages: number;
}

/** How it is seen that something is ready to be asked. */
export type ReadinessCheck =
  /** A GET answers with a status from 200 to 399. `port` undefined: the first that listens. */
  | { readonly kind: 'http'; readonly path: string; readonly port?: number }
  /** It listens there. */
  | { readonly kind: 'tcp'; readonly port: number }
  /** A command in its container ends with exit code 0. */
  | { readonly kind: 'exec'; readonly command: string | readonly string[] }
  /** A regular expression is found in its output. */
  | { readonly kind: 'log'; readonly pattern: string };

/** A file that a container gets before it starts, read-only to all. */
export interface DependencyFile {
  /** Absolute, in the container. */
  readonly path: string;
  readonly content: string;
}

/** Another container that the application needs: made anew for each run, on a network with the application's. */
export interface Dependency {
  /** Its name on the network. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Reference of its image. */
  readonly image: string;
  readonly run: RunOptions;
  /** Undefined: the image's health check, else that it listens somewhere, else that it still runs after some seconds. */
  readonly readiness?: ReadinessCheck;
  readonly readinessTimeoutMs: number;
  readonly files?: readonly DependencyFile[];
  /** Names of dependencies that must be ready before it is started. */
  readonly after: readonly string[];
  /** Whether it is ready once it has ended with exit code 0, as one that fills a database does. */
  readonly untilExit: boolean;
}

/** A further command of the same image, observed and verified in a container of its own. */
export interface FurtherRun {
  readonly name: string;
  /** Complete, without further runs of its own. */
  readonly scenario: Scenario;
}

/** What the user wants kept or dropped whatever was observed. */
export interface UserRules {
  /** Globs of absolute paths; one that matches a directory means everything below it. */
  readonly include: readonly string[];
  /** Names or IDs of installed packages that are kept whole; `*` stands for any characters. */
  readonly includePackages: readonly string[];
  /** Ecosystems of which every package is kept whole. */
  readonly includeEcosystems: readonly Ecosystem[];
  /** As `include`; wins over every reason to keep. */
  readonly exclude: readonly string[];
  /** Packages whose files are dropped, unless another package owns them too. */
  readonly excludePackages: readonly string[];
}

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
  /** Undefined: that it listens where the image says. */
  readonly readiness?: ReadinessCheck;
  /** In the order in which they are started. */
  readonly dependencies?: readonly Dependency[];
  /** Further commands of the same image. */
  readonly runs?: readonly FurtherRun[];
  /** What the image exposes does not matter: the command ends by itself, or is exercised without ports. */
  readonly withoutPorts?: boolean;
  readonly rules?: UserRules;
}
