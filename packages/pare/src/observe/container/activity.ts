import { readdir, readFile } from 'node:fs/promises';

/** Deeper trees of processes are not looked at. */
const processLimit = 500;

/** How long the processes of a container have used no CPU time. */
export interface ActivityWatch {
  /** Milliseconds since they were last seen to work; undefined where that cannot be seen. The kernel counts in ticks of 10 ms. */
  quietMs(): Promise<number | undefined>;
}

/** Begins watching the process that the engine's host knows as `hostPid`, and its descendants. */
export function watchActivity(hostPid: number | undefined): ActivityWatch {
  let known = -1;
  let since = performance.now();
  return {
    async quietMs() {
      const ticks = hostPid === undefined ? undefined : await treeTicks(hostPid);
      if (ticks === undefined) return undefined;
      if (ticks !== known) since = performance.now();
      known = ticks;
      return performance.now() - since;
    },
  };
}

async function treeTicks(root: number): Promise<number | undefined> {
  let total = 0;
  const pending = [root];
  for (let looked = 0; looked < processLimit; looked += 1) {
    const pid = pending.pop();
    if (pid === undefined) return total;
    try {
      total += parseTicks(await readFile(`/proc/${pid}/stat`, 'latin1'));
      pending.push(...(await childrenOf(pid)));
    } catch (error) {
      if (pid === root || (error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
      // It ended meanwhile, which is activity too.
      total += 1;
    }
  }
  return total;
}

/** Children are listed by the thread that started them (proc_pid_task(5), kernels with CONFIG_PROC_CHILDREN). */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1')),
  );
  return lists.flatMap((list) => list.split(' ').filter((word) => word !== '')).map(Number);
}

/** utime and stime of a `/proc/PID/stat` (proc_pid_stat(5), fields 14 and 15); the name before may hold anything. */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) || 0) + (Number(fields[12]) || 0);
}
