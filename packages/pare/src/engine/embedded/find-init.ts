import { readdir, readFile } from 'node:fs/promises';

/** How far below the keeper it is looked for. */
const deepest = 4;

/**
 * The PID, as this machine sees it, of a container's first process: the one below `keeper` that is number `pid` in the
 * keeper's namespace and 1 in its own. Undefined when it has ended.
 */
export async function findInit(keeper: number, pid: number): Promise<number | undefined> {
  // With runc it is a child of the runtime, with crun it may be a child's child, or the keeper's own.
  let generation = await childrenOf(keeper);
  for (let depth = 0; depth < deepest && generation.length > 0; depth += 1) {
    for (const candidate of generation) {
      const status = await readFile(`/proc/${candidate}/status`, 'latin1').catch(() => '');
      // From the namespace of /proc inwards (proc_pid_status(5)).
      const numbers = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
      if (numbers.at(-1) === 1 && numbers.at(-2) === pid) return candidate;
    }
    generation = (await Promise.all(generation.map(childrenOf))).flat();
  }
  return undefined;
}

/** Of all threads: a runtime in Go starts processes from any. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')),
  );
  return lists.flatMap((text) =>
    text
      .split(' ')
      .filter((word) => word.trim() !== '')
      .map(Number),
  );
}
