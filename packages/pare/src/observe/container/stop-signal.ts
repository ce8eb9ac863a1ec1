/** Numbers of Linux signals on x86, arm and the generic table (signal(7)); the real-time ones are computed. */
const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

/** As glibc counts them: the kernel's 32 and 33 are the thread library's. Docker counts the same (moby/sys/signal). */
const realTimeFirst = 34;
const realTimeLast = 64;

/**
 * The number of a stop signal as an image config names it: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`, `RTMAX-1`, in any
 * case. Undefined for what is no signal of Linux.
 */
export function signalNumber(name: string): number | undefined {
  const text = name.trim().toUpperCase();
  if (/^\d{1,2}$/.test(text)) return inRange(Number(text), 1);
  const plain = text.startsWith('SIG') ? text.slice(3) : text;
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(plain);
  if (realTime === null) return Object.hasOwn(numbers, plain) ? numbers[plain] : undefined;
  const offset = Number(realTime[3] ?? 0) * (realTime[2] === '-' ? -1 : 1);
  return inRange((realTime[1] === 'MIN' ? realTimeFirst : realTimeLast) + offset, realTimeFirst);
}

function inRange(value: number, first: number): number | undefined {
  return value >= first && value <= realTimeLast ? value : undefined;
}

/** The signal masks of a process, as in `/proc/PID/status` (proc_pid_status(5)). Bit n - 1 is signal n. */
export interface SignalMasks {
  readonly caught: bigint;
  readonly blocked: bigint;
}

/** Reads `SigCgt` and `SigBlk` out of a `/proc/PID/status`; undefined when they are not there. */
export function parseSignalMasks(status: string): SignalMasks | undefined {
  const caught = /^SigCgt:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  const blocked = /^SigBlk:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (caught === undefined || blocked === undefined) return undefined;
  return { caught: BigInt(`0x${caught}`), blocked: BigInt(`0x${blocked}`) };
}

/**
 * Whether the first process of a PID namespace would notice a signal. The kernel drops what it neither catches nor
 * blocks (pid_namespaces(7)); a blocked one waits for sigwait(3) or signalfd(2), which is how tini and systemd read theirs.
 */
export function wouldNotice(masks: SignalMasks, signal: number): boolean {
  return (((masks.caught | masks.blocked) >> BigInt(signal - 1)) & 1n) === 1n;
}
