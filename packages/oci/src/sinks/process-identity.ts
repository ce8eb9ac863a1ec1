import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * A process of this machine: its PID and its start time in clock ticks since boot, so that a reused PID is not taken for
 * it (proc_pid_stat(5), field 22). Where there is no `/proc` the time is `x`.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: (await startTime(process.pid)) ?? 'x' };
}

/** Whether that very process is still there. */
export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  if (!processExists(pid)) return false;
  return ((await startTime(pid)) ?? 'x') === started;
}

/** A file name that says who made it, and that nobody makes twice. */
export function ownedName({ pid, started }: ProcessIdentity): string {
  return `${pid}.${started}.${randomBytes(6).toString('hex')}`;
}

/** Who made a file of such a name; undefined for any other name. */
export function ownerOfName(name: string): ProcessIdentity | undefined {
  const match = /^(\d{1,10})\.(\w{1,20})\.[0-9a-f]{12}$/.exec(name);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { pid: Number(match[1]), started: match[2] };
}

/** Whether there is a process of that PID, whoever's. One that has ended and waits for its parent to ask how is none. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return !hasEnded(statFields(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  } catch {
    // It ended just now, or there is no /proc.
    return true;
  }
}

/**
 * When a process was started; undefined where there is none of that PID, or where it has ended: a process 1 that reaps nobody keeps what was left
 * to it, with its PID, for good.
 */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
  if (stat === undefined) return undefined;
  const fields = statFields(stat);
  return hasEnded(fields) ? undefined : fields[19];
}

/** The fields of proc_pid_stat(5) from the third on: the command before them is in parentheses and may hold anything. */
function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Whether the state is that of a zombie or of a dead process. */
function hasEnded([state = '']: readonly string[]): boolean {
  return ['Z', 'X', 'x'].includes(state);
}
