import { readdirSync, readFileSync } from 'node:fs';

/** Deeper trees of processes are not looked at. */
const processLimit = 500;

/** A process of a tree as it was found. */
export interface FoundProcess {
  readonly pid: number;
  /** Its `/proc/PID/stat` (proc_pid_stat(5)); undefined where it has just ended. */
  readonly stat: string | undefined;
}

/**
 * The process that the engine's host knows as `root`, and its descendants, parents first. Undefined where it is gone, or the tree
 * may not be looked at. Nothing of this waits for a disk: the calls take microseconds, where a turn of a busy event loop for each would
 * take milliseconds.
 */
export function readProcessTree(root: number): readonly FoundProcess[] | undefined {
  const found: FoundProcess[] = [];
  const pending = [root];
  while (found.length < processLimit) {
    const pid = pending.pop();
    if (pid === undefined) return found;
    try {
      found.push({ pid, stat: readFileSync(`/proc/${pid}/stat`, 'utf8') });
      pending.push(...childrenOf(pid));
    } catch (error) {
      if (pid === root || (error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
      found.push({ pid, stat: undefined });
    }
  }
  return found;
}

/** Children are listed by the thread that started them (proc_pid_task(5), kernels with CONFIG_PROC_CHILDREN). */
function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter((word) => word !== '')
    .map(Number);
}
