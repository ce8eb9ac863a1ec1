/** Architecture of a system call, from `seccomp_data.arch`. */
export type SyscallArch = 'x86_64' | 'i386' | 'aarch64' | 'arm';

/**
 * One decoded record of the sensor. Times are nanoseconds of the kernel's CLOCK_MONOTONIC; pids are those of
 * the container's PID namespace. See PROTOCOL.md for the frames.
 */
export type SensorRecord =
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      readonly version: string;
      readonly arch: SyscallArch;
      readonly mode: 'notify' | 'fanotify';
      readonly layout: 'application-first' | 'sensor-first';
      /** The lowest port that needs no capability in the container's network. */
      readonly firstFreePort: number;
      readonly timeNs: bigint;
    }
  /** An `execve` was asked for: from here on `exec` names this program image. */
  | {
      readonly kind: 'exec';
      readonly exec: number;
      readonly pid: number;
      readonly parentPid: number;
      readonly timeNs: bigint;
      readonly path: Uint8Array;
      readonly argv: readonly Uint8Array[] /** Arguments beyond 64, or beyond 4096 bytes of one, are cut off. */;
      readonly argvCut?: boolean;
    }
  /**
   * A path was asked for; unique per (exec, syscall, flags class, path). `path` is absolute: the working
   * directory, directory descriptor or chroot was put before it; it is not normalised.
   */
  | {
      readonly kind: 'path';
      readonly exec: number;
      readonly pid: number;
      readonly timeNs: bigint;
      readonly arch: SyscallArch;
      readonly syscall: number;
      /** open(2)'s flags for open calls, AT_ flags or mode where the call has them, else 0. */
      readonly flags: number;
      /** What lstat of the path said before the call went on. */
      readonly existed: 'yes' | 'no' | 'unknown';
      /** Type and permissions, owner and group of what lstat found; 0 when it found nothing. */
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly path: Uint8Array;
    }
  /** First sight of a system call of an architecture. */
  | {
      readonly kind: 'syscall';
      readonly exec: number;
      readonly timeNs: bigint;
      readonly arch: SyscallArch;
      readonly syscall: number;
    }
  /** First sight of a value of an argument that takes few (socket family, clone flags, prctl option, ioctl request). */
  | {
      readonly kind: 'argument';
      readonly timeNs: bigint;
      readonly arch: SyscallArch;
      readonly syscall: number;
      readonly index: number;
      readonly value: bigint;
    }
  | {
      readonly kind: 'socket';
      readonly operation: 'bind' | 'listen' | 'connect';
      readonly exec: number;
      readonly pid: number;
      readonly timeNs: bigint;
      /** AF_ number; for `listen` that of the socket when it was bound before the sensor's eyes, else 0. */
      readonly family: number;
      /** IPv4 (4 bytes), IPv6 (16 bytes) or unix path bytes (an abstract name begins with NUL). */
      readonly address: Uint8Array;
      readonly port: number;
    }
  /** Something could not be seen; `count` since the last record of that reason. */
  | {
      readonly kind: 'loss';
      readonly reason:
        | 'unreadable-memory'
        | 'unresolved-directory'
        | 'path-too-long'
        | 'write-failed'
        | 'table-full'
        /** A supervisor was killed, and another went on. */
        | 'supervisor-killed'
        /** From here on nothing was seen. */
        | 'unwatched';
      readonly count: number;
      readonly timeNs: bigint;
    }
  /** What a process may do, before its first fact and whenever that may have changed. A fork of it may do the same. */
  | {
      readonly kind: 'rights';
      readonly exec: number;
      readonly pid: number;
      readonly timeNs: bigint;
      /** Real, effective and saved. */
      readonly uids: readonly [number, number, number];
      readonly gids: readonly [number, number, number];
      /** Effective, as a mask (linux/capability.h). */
      readonly capabilities: bigint;
      readonly groups: readonly number[];
    }
  /**
   * A call that may need a capability, once per program image and arguments. Those by their number; of others (memory,
   * descriptors) nothing is said.
   */
  | {
      readonly kind: 'call';
      readonly exec: number;
      readonly pid: number;
      readonly timeNs: bigint;
      readonly arch: SyscallArch;
      readonly syscall: number;
      readonly args: ReadonlyMap<number, bigint>;
    }
  /** A remark for people. */
  | { readonly kind: 'note'; readonly timeNs: bigint; readonly message: string };
