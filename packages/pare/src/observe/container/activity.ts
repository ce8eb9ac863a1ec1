import { readProcessTree } from './process-tree.ts';

/** How long the processes of a container have used no CPU time. */
export interface ActivityWatch {
  /** Milliseconds since they were last seen to work; undefined where that cannot be seen. The kernel counts in ticks of 10 ms. */
  quietMs(): number | undefined;
}

/** Begins watching the process that the engine's host knows as `hostPid`, and its descendants. */
export function watchActivity(hostPid: number | undefined): ActivityWatch {
  let known = -1;
  let since = performance.now();
  return {
    quietMs() {
      const ticks = hostPid === undefined ? undefined : treeTicks(hostPid);
      if (ticks === undefined) return undefined;
      if (ticks !== known) since = performance.now();
      known = ticks;
      return performance.now() - since;
    },
  };
}

function treeTicks(root: number): number | undefined {
  const tree = readProcessTree(root);
  // One that ended meanwhile is activity too.
  return tree?.reduce((total, { stat }) => total + (stat === undefined ? 1 : parseTicks(stat)), 0);
}

/** utime and stime of a `/proc/PID/stat` (proc_pid_stat(5), fields 14 and 15); the name before may hold anything. */
export function parseTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) || 0) + (Number(fields[12]) || 0);
}
