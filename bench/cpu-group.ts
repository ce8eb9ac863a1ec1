import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCgroups } from '../packages/pare/src/engine/embedded/cgroup-support.ts';

const hierarchies = '/sys/fs/cgroup';

/**
 * Puts this process, and with it all that it starts, into a group of the cpu controller, as a container's processes are in one
 * (cgroups(7)). Outside of any the kernel schedules by sessions instead (sched(7), autogroup), which no container sees. Undefined,
 * with nothing changed, where no group can be made.
 */
export async function enterCpuGroup(): Promise<AsyncDisposable | undefined> {
  const support = await findCgroups(process.getuid?.() !== 0);
  if (support.kind === 'none' || !support.controllers.has('cpu')) return undefined;
  const root = support.kind === 'v1' ? join(hierarchies, 'cpu') : hierarchies;
  const before = join(root, groupAmong(await readFile('/proc/self/cgroup', 'latin1'), support.kind));
  const group = join(root, `pare-bench-${process.pid}`);
  await mkdir(group);
  const move = (directory: string) => writeFile(join(directory, 'cgroup.procs'), `${process.pid}`);
  await move(group);
  return {
    async [Symbol.asyncDispose]() {
      await move(before);
      await rmdir(group);
    },
  };
}

/** The path of a process's group among the lines "number:controllers:path", of which version 2's has no controllers. */
function groupAmong(text: string, kind: 'v1' | 'v2'): string {
  for (const line of text.split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (kind === 'v2' ? controllers === '' : controllers.split(',').includes('cpu')) return path;
  }
  return '/';
}
