import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type SyscallArch, syscallName } from '@pare/sensor';
import { readProcessTree } from '../container/process-tree.ts';
import { hasConnections } from './listening.ts';

/** The arguments of a system call. */
type Arguments = readonly bigint[];
/** Whether a sleeping call with these arguments waits for something else to happen, for as long as that takes. */
type Endless = (args: Arguments) => boolean;

const always: Endless = () => true;
const noPointerAt =
  (index: number): Endless =>
  (args) =>
    args[index] === 0n;
const negativeIntAt =
  (index: number): Endless =>
  (args) =>
    BigInt.asIntN(32, args[index] ?? 0n) < 0n;

/** FUTEX_WAIT and FUTEX_WAIT_BITSET of linux/futex.h, without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
const futexWaits: ReadonlySet<bigint> = new Set([0n, 9n]);
/** SECCOMP_IOCTL_NOTIF_RECV of linux/seccomp.h: the sensor itself waits so. */
const receiveNotification = 0xc0502100n;

/** By the names of section 2 of the manual: those with a time limit count without one only. */
const endlessCalls: ReadonlyMap<string, Endless> = new Map([
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
  ['poll', negativeIntAt(2)],
  ['ppoll', noPointerAt(2)],
  ['select', noPointerAt(4)],
  ['pselect6', noPointerAt(4)],
  ['epoll_wait', negativeIntAt(3)],
  ['epoll_pwait', negativeIntAt(3)],
  ['futex', (args) => futexWaits.has((args[1] ?? 0n) & 0x7fn) && args[3] === 0n],
  ['ioctl', (args) => args[1] === receiveNotification],
]);

const architecture: SyscallArch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/**
 * Whether a process and its descendants do nothing but wait for somebody else, who is not the other end of a connection: no answer of another
 * machine is on its way. False where that cannot be seen.
 */
export async function isBlocked(hostPid: number): Promise<boolean> {
  return sleepEndlessly(hostPid) && !(await hasConnections(hostPid));
}

/**
 * Whether every thread of a process and its descendants sleeps in a call that only somebody else can end. The sensor's own processes
 * may be among them. Looks twice: while the one is looked at the other may wake up.
 */
export function sleepEndlessly(root: number): boolean {
  try {
    for (let look = 0; look < 2; look += 1) {
      const tree = readProcessTree(root);
      if (tree === undefined) return false;
      for (const { pid } of tree) {
        for (const thread of readdirSync(`/proc/${pid}/task`))
          if (!sleepsEndlessly(`/proc/${pid}/task/${thread}`)) return false;
      }
    }
    return true;
  } catch {
    // One has just ended, or is not ours to look at.
    return false;
  }
}

function sleepsEndlessly(thread: string): boolean {
  const stat = readFileSync(`${thread}/stat`, 'latin1');
  if (stat[stat.lastIndexOf(')') + 2] !== 'S') return false;
  const call = parseCurrentCall(readFileSync(`${thread}/syscall`, 'latin1'), architecture);
  if (call === undefined || endlessCalls.get(call.name)?.(call.args) !== true) return false;
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
