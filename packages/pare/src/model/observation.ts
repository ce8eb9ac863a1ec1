import type { Digest, ImagePath } from '@pare/oci';

/** What a process did with a path. */
export type AccessKind =
  | 'read'
  | 'write'
  | 'create'
  | 'execute'
  | 'load'
  | 'list'
  | 'stat'
  | 'readlink'
  | 'enter'
  | 'change'
  | 'remove'
  | 'connect'
  | 'bind';

/** The life of the container in which something was first seen. */
export type Phase = 'start-up' | 'serving';

/** One program image: a process from one `execve` to the next, or to its end. */
export interface ObservedProcess {
  /** Position in `Observation.processes`. */
  readonly id: number;
  readonly pid: number;
  /** `id` of the process that started this one; undefined for the application's first. */
  readonly parent: number | undefined;
  readonly executable: ImagePath | undefined;
  readonly argv: readonly string[];
}

/** One path that was asked for, by every process together. */
export interface FileUse {
  /**
   * Absolute and normalised, but as asked for: links on the way are not followed. `..` is resolved textually,
   * which is not what the kernel does when the segment before it is a symbolic link: see `askedAs`.
   */
  readonly path: ImagePath;
  /**
   * The ways in which this path was asked for with `..` in them (`.`, empty segments removed), at most 8; undefined
   * when there was none. Walked from the root, following links, they lead to what the kernel found. What comes
   * before each `..` is a use of its own with access `enter`, because the kernel walks through it.
   */
  readonly askedAs?: readonly string[];
  readonly accesses: readonly AccessKind[];
  /** Whether something was there when it was first asked for. */
  readonly existed: boolean;
  /** The first process that asked. */
  readonly process: number;
  readonly phase: Phase;
  /** Position in `probes` of the probe during which it was first asked for; undefined before the first. */
  readonly probe: number | undefined;
  /** In a merged observation: in how many of those that were merged it was asked for; undefined: in one. */
  readonly observedIn?: number;
}

export interface SyscallUse {
  readonly arch: 'x86_64' | 'i386' | 'aarch64' | 'arm';
  readonly name: string;
  readonly phase: Phase;
}

/**
 * One value of a system call's argument that takes few of them: socket's domain, clone's and unshare's flags, prctl's
 * option, ioctl's request and the like.
 */
export interface ArgumentUse {
  readonly arch: SyscallUse['arch'];
  readonly syscall: string;
  /** As its man page names it: `domain`, `flags`, `option`, `request`. */
  readonly argument: string;
  /** Decimal, because a value has 64 bits. */
  readonly value: string;
  /** The constant, or those whose bits are set, joined by `|`; undefined for one that is not known here. */
  readonly name?: string;
  readonly phase: Phase;
}

/**
 * A capability that a call needed, deduced from the call, its arguments, the caller's user and the file's owner and mode
 * before it was made. Only callers that had the capability count: without it the call fails in any case.
 */
export interface CapabilityUse {
  /** `CAP_CHOWN` */
  readonly capability: string;
  /** The call that needed it: `chown /var/run/x to 33:33`, `bind 0.0.0.0:80`. */
  readonly why: string;
  /** `certain`: the kernel refuses the call without it; `likely`: it may not have come to that. */
  readonly certainty: 'certain' | 'likely';
  readonly process: number;
  readonly phase: Phase;
}

/** What was written directly in one directory; derived from `files`. */
export interface DirectoryWrites {
  readonly directory: ImagePath;
  /** Files created, written, changed or removed in it. */
  readonly files: number;
  readonly accesses: readonly ('create' | 'write' | 'change' | 'remove')[];
  readonly phases: readonly Phase[];
}

export interface SocketUse {
  readonly operation: 'bind' | 'listen' | 'connect';
  readonly family: 'inet' | 'inet6' | 'unix' | 'netlink' | 'other';
  /** `address:port`, a path, or an abstract name with a leading `@`. */
  readonly address: string;
  readonly port: number | undefined;
  readonly process: number;
}

/** What a way of observing cannot see, whatever the application does. `message` is a sentence for a person. */
export interface BlindSpot {
  readonly kind:
    | 'system-calls'
    | 'missing-files'
    | 'file-attributes'
    | 'arguments'
    | 'sockets'
    | 'setuid-programs'
    | 'other-users'
    | 'mounts-in-sight'
    | 'kernel-opens';
  readonly message: string;
}

/** What the sensor could not see. Anything above zero widens the keep-set. */
export interface Account {
  readonly mode: 'notify' | 'fanotify';
  /** Paths that could not be read from the process that asked. */
  readonly unreadable: number;
  /** Facts that did not reach the record. */
  readonly lost: number;
  /** Whether the record ends as a whole one does. A container killed midway has a whole record too. */
  readonly complete: boolean;
  /** Who is the container's first process. */
  readonly layout?: 'application-first' | 'sensor-first';
  /** What the sensor ran with: the capabilities that it needs, or none at all. */
  readonly privileges?: 'full' | 'none';
  /** How often what watches the application was killed. It was started anew, but what happened meanwhile is missing. */
  readonly supervisorDeaths?: number;
  readonly blindSpots?: readonly BlindSpot[];
  readonly notes: readonly string[];
}

/** An HTTP answer as it is compared: what may differ from run to run is normalised by `verify/`. */
export interface HttpAnswer {
  readonly kind: 'http';
  readonly method: string;
  /** As the container would be asked: `http://localhost:8080/path`, never the published port. */
  readonly url: string;
  /** The container's port. */
  readonly port: number;
  readonly status: number;
  /** Names in lower case; values of one name joined by `, `, those of `set-cookie` by line ends. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyDigest: Digest;
  readonly bodySizeBytes: number;
  /** The body's first 64 KiB as UTF-8 text; undefined for a body that is not text. */
  readonly bodyText: string | undefined;
  readonly elapsedMs: number;
  /** What was not the same when this request was asked a second time in the same run; undefined: nothing, or not asked. */
  readonly varies?: readonly ('status' | 'headers' | 'body')[];
  /** What the scenario expected and is not so, a sentence each; undefined: nothing. */
  readonly unmet?: readonly string[];
}
export interface ExecAnswer {
  readonly kind: 'exec';
  readonly command: string;
  readonly exitCode: number;
  /** First 64 KiB each. */
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
  /** Run on this machine and not in the container: what it prints is the user's own, and is not compared. */
  readonly onHost?: true;
  readonly unmet?: readonly string[];
}
/** An exchange of messages in another protocol than HTTP. */
export interface ExchangeAnswer {
  readonly kind: 'exchange';
  readonly protocol: 'tcp' | 'websocket' | 'grpc';
  /** What was asked, with the container's port: `tcp localhost:6379 "PING"`. */
  readonly question: string;
  readonly port: number;
  /** How it ended, in the protocol's words: `closed 1000`, `OK`. */
  readonly outcome: string;
  /** Messages in the order they came, as text, 64 KiB in all; bytes that are no text as hex digits. */
  readonly received: readonly string[];
  readonly elapsedMs: number;
  readonly unmet?: readonly string[];
}
/** The application's own end, where it ends by itself (a command-line tool). */
export interface ExitAnswer {
  readonly kind: 'exit';
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** A probe without an answer: no connection, a protocol error, a time-out. */
export interface FailedAnswer {
  readonly kind: 'failed';
  /** Title of what was asked, as `answerTitle` gives it for an answer. */
  readonly probe: string;
  readonly port: number | undefined;
  readonly message: string;
  readonly unmet?: readonly string[];
}
export type Answer = HttpAnswer | ExecAnswer | ExchangeAnswer | ExitAnswer | FailedAnswer;

/** Why the application could not be exercised, or not to the end. `details` are lines for a person. */
export interface ExerciseFailure {
  readonly code: 'container-exited' | 'container-not-ready';
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
}

/** Something that the application would answer and no probe asked. */
export interface NotProbed {
  readonly what: string;
  /** A sentence without an end, for a person. */
  readonly why: string;
}

/** What one run was asked and what it answered, with or without the sensor. */
export interface Exercise {
  readonly answers: readonly Answer[];
  /** TCP ports on which the application was found listening beyond its own loopback, sorted. */
  readonly listening: readonly number[];
  /** How the application ended by itself or after its stop signal; undefined when it was killed. */
  readonly exitCode: number | undefined;
  /** The last lines of the application's output. */
  readonly logTail: readonly string[];
  readonly readyAfterMs: number;
  /** Set when the application ended early or never became ready; the answers are then those it gave until then. */
  readonly failure?: ExerciseFailure;
  /** Where the time went; `startMs` counts from the beginning of this run. */
  readonly timings?: readonly {
    readonly stage: string;
    readonly startMs: number;
    readonly elapsedMs: number;
  }[];
  /** What a probe came across and did not ask, in the order in which it did; undefined: nothing. */
  readonly notProbed?: readonly NotProbed[];
  /** The further runs of the scenario, each in a container of its own. */
  readonly runs?: readonly NamedExercise[];
}

/** What a further run of a scenario was asked and answered. */
export interface NamedExercise {
  readonly name: string;
  readonly exercise: Exercise;
}

/** What one run of the fat image used. Versioned JSON. */
export interface Observation extends Exercise {
  readonly schema: 'pare.observation/1';
  readonly image: { readonly reference: string; readonly id: string };
  readonly sensor: { readonly version: string; readonly arch: string };
  readonly processes: readonly ObservedProcess[];
  /** One per path, sorted by path. */
  readonly files: readonly FileUse[];
  readonly syscalls: readonly SyscallUse[];
  readonly sockets: readonly SocketUse[];
  /** Sorted by call, argument and value. */
  readonly arguments?: readonly ArgumentUse[];
  /** Sorted by capability; the first call that needed it for each process. */
  readonly capabilities?: readonly CapabilityUse[];
  /** Sorted by directory. */
  readonly writes?: readonly DirectoryWrites[];
  /** Titles of the probes in the order they ran. */
  readonly probes: readonly string[];
  readonly account: Account;
  /** How many observations were merged into this one; undefined: it is of one run. */
  readonly mergedFrom?: number;
}
