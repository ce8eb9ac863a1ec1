import { readdirSync, readFileSync } from 'node:fs';

/** How far below the keeper it is looked for. */
const deepest = 4;

/**
 * The PID, as this machine sees it, of a container's first process: the one below `keeper` that is number `pid` in the
 * keeper's namespace and 1 in its own. Undefined when it has ended.
 */
export function findInit(keeper: number, pid: number): number | undefined {
  // With runc it is a child of the runtime, with crun it may be a child's child, or the keeper's own.
  let generation = childrenOf(keeper);
  for (let depth = 0; depth < deepest && generation.length > 0; depth += 1) {
    for (const candidate of generation) {
      const status = readText(`/proc/${candidate}/status`);
      // From the namespace of /proc inwards (proc_pid_status(5)).
      const numbers = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
      if (numbers.at(-1) === 1 && numbers.at(-2) === pid) return candidate;
    }
    generation = generation.flatMap(childrenOf);
  }
  return undefined;
}

/** Of all threads: a runtime in Go starts processes from any. */
function childrenOf(pid: number): readonly number[] {
  const lists = threadsOf(pid).map((thread) => readText(`/proc/${pid}/task/${thread}/children`));
  return lists.flatMap((text) =>
    text
      .split(' ')
      .filter((word) => word.trim() !== '')
      .map(Number),
  );
}

/** A process may end at any time. */
function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
