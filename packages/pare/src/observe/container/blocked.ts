import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type SyscallArch, syscallName } from '@pare/sensor';
import { hasConnections } from './listening.ts';
import { readProcessTree } from './process-tree.ts';

/** The arguments of a system call. */
type Arguments = readonly bigint[];
/** Whether a sleeping call with these arguments waits for something else to happen, for so long at least. */
type Waits = (args: Arguments, atLeastMs: number) => boolean;

const always: Waits = () => true;
const noPointerAt =
  (index: number): Waits =>
  (args) =>
    args[index] === 0n;
/** A negative one is none. */
const limitMsAt =
  (index: number): Waits =>
  (args, atLeastMs) => {
    const limitMs = Number(BigInt.asIntN(32, args[index] ?? 0n));
    return limitMs < 0 || limitMs >= atLeastMs;
  };

/** FUTEX_WAIT and FUTEX_WAIT_BITSET of linux/futex.h, without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
const futexWaits: ReadonlySet<bigint> = new Set([0n, 9n]);
/** SECCOMP_IOCTL_NOTIF_RECV of linux/seccomp.h: the sensor itself waits so. */
const receiveNotification = 0xc0502100n;

/** By the names of section 2 of the manual. A limit that is not among the arguments themselves is taken for a short one. */
const waitingCalls: ReadonlyMap<string, Waits> = new Map([
  ['read', always],
  ['readv', always],
  ['open', always],
  ['openat', always],
  ['accept', always],
  ['accept4', always],
  ['wait4', always],
  ['waitid', always],
  ['pause', always],
  ['rt_sigsuspend', always],
  ['flock', always],
  ['rt_sigtimedwait', noPointerAt(2)],
  ['poll', limitMsAt(2)],
  ['ppoll', noPointerAt(2)],
  ['select', noPointerAt(4)],
  ['pselect6', noPointerAt(4)],
  ['epoll_wait', limitMsAt(3)],
  ['epoll_pwait', limitMsAt(3)],
  ['futex', (args) => futexWaits.has((args[1] ?? 0n) & 0x7fn) && args[3] === 0n],
  ['ioctl', (args) => args[1] === receiveNotification],
]);

const architecture: SyscallArch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/**
 * Whether a process and its descendants do nothing but wait for somebody else, who is not the other end of a connection: no answer of another
 * machine is on its way. False where that cannot be seen.
 */
export function isBlocked(hostPid: number): boolean {
  return areAsleep(hostPid) && !hasConnections(hostPid);
}

/**
 * Whether every thread of a process and its descendants sleeps in a call that only somebody else can end, or that had a time limit of
 * `atLeastMs`. The sensor's own processes may be among them. Looks twice: while the one is looked at the other may wake up.
 */
export function areAsleep(root: number, atLeastMs = Number.POSITIVE_INFINITY): boolean {
  try {
    for (let look = 0; look < 2; look += 1) {
      const tree = readProcessTree(root);
      if (tree === undefined) return false;
      for (const { pid } of tree) {
        for (const thread of readdirSync(`/proc/${pid}/task`))
          if (!isAsleep(`/proc/${pid}/task/${thread}`, atLeastMs)) return false;
      }
    }
    return true;
  } catch {
    // One has just ended, or is not ours to look at.
    return false;
  }
}

function isAsleep(thread: string, atLeastMs: number): boolean {
  const stat = readFileSync(`${thread}/stat`, 'utf8');
  if (stat[stat.lastIndexOf(')') + 2] !== 'S') return false;
  const call = parseCurrentCall(readFileSync(`${thread}/syscall`, 'utf8'), architecture);
  if (call === undefined || waitingCalls.get(call.name)?.(call.args, atLeastMs) !== true) return false;
  if (call.name !== 'read' && call.name !== 'readv') return true;
  const file = readlinkSync(`${thread}/fd/${BigInt.asUintN(32, call.args[0] ?? 0n)}`);
  return !file.startsWith('socket:');
}

/** The call that a thread is in, by its `/proc/PID/task/TID/syscall` (proc_pid_syscall(5)); undefined for none. */
export function parseCurrentCall(
  text: string,
  arch: SyscallArch,
): { readonly name: string; readonly args: Arguments } | undefined {
  const [number, ...words] = text.trim().split(' ');
  if (number === undefined || !/^\d+$/.test(number) || words.length !== 8) return undefined;
  if (!words.every((word) => /^0x[0-9a-f]+$/.test(word))) return undefined;
  const name = syscallName(arch, Number(number));
  return name === undefined ? undefined : { name, args: words.slice(0, 6).map(BigInt) };
}
