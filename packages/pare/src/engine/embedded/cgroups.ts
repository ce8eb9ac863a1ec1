import { rmdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOptions } from '../../model/scenario.ts';
import type { CgroupSupport } from './cgroup-support.ts';

/**
 * `linux.resources` and the cgroup of a container. All devices are refused but those that the runtime allows every
 * container, which are Docker's (null, zero, full, random, urandom, tty, terminals): with CAP_MKNOD, which is in Docker's
 * default set, a container could otherwise make the node of a disk and read it. Of the limits those that can be set here.
 */
export function resourcesSection(support: CgroupSupport, cgroup: string, run: RunOptions): object {
  if (support.kind === 'none') return {};
  return {
    cgroupsPath: cgroup,
    resources: { devices: [{ allow: false, access: 'rwm' }], ...limitsOf(support, run) },
  };
}

/** Docker's period of the CPU quota. */
const periodUs = 100_000;

function limitsOf(
  { controllers, swap }: Exclude<CgroupSupport, { kind: 'none' }>,
  { memoryBytes, cpus, pidsLimit }: RunOptions,
): object {
  return {
    ...(memoryBytes === undefined || !controllers.has('memory')
      ? {}
      : // As much swap again, as docker run has it where nothing is said of swap.
        { memory: { limit: memoryBytes, ...(swap ? { swap: 2 * memoryBytes } : {}) } }),
    ...(cpus === undefined || !controllers.has('cpu')
      ? {}
      : { cpu: { quota: Math.max(1000, Math.round(cpus * periodUs)), period: periodUs } }),
    ...(pidsLimit === undefined || !controllers.has('pids') ? {} : { pids: { limit: pidsLimit } }),
  };
}

/**
 * The name of a container's cgroup in its runtime spec. In version 1 it is below Pare's own, so that limits on Pare hold for
 * what it runs; in version 2 a group that has processes cannot have groups with controllers (cgroups(7), "no internal
 * processes"), so it is at the top.
 */
export function cgroupName(support: CgroupSupport, id: string): string {
  return support.kind === 'v1' ? `pare-${id}` : `/pare-${id}`;
}

/** A hierarchy of control groups: where it is mounted, and the group in it that Pare is in. */
export interface Hierarchy {
  readonly directory: string;
  /** From its top; `/`: Pare is at the top itself. */
  readonly group: string;
}

/** Reads the hierarchies that this machine has mounted. */
export async function readHierarchies(): Promise<readonly Hierarchy[]> {
  const [mounts, own] = await Promise.all(
    ['/proc/self/mountinfo', '/proc/self/cgroup'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return parseHierarchies(mounts ?? '', own ?? '');
}

/** Parses the mounts of this process (proc_pid_mountinfo(5)) and its groups (cgroups(7), "/proc files"). */
export function parseHierarchies(mountinfo: string, own: string): readonly Hierarchy[] {
  const groups = own.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match === null ? [] : [{ controllers: (match[1] ?? '').split(','), path: match[2] ?? '/' }];
  });
  return parseCgroupMounts(mountinfo).map(({ directory, options }) => {
    const found = groups.find(({ controllers }) => controllers.some((name) => options.includes(name)));
    return { directory, group: found?.path ?? '/' };
  });
}

/** Every directory that a runtime may make for a container, in every hierarchy. */
export function cgroupDirectories(
  support: CgroupSupport,
  hierarchies: readonly Hierarchy[],
  id: string,
): readonly string[] {
  if (support.kind === 'none') return [];
  return hierarchies.flatMap(({ directory, group }) => [
    ...new Set([group, '/'].map((parent) => join(directory, parent, `pare-${id}`))),
  ]);
}

/**
 * Removes a container's cgroups once its processes are gone; those that are not there are passed over. At once: the runtime has removed most of
 * them, and so many turns of the event loop take longer.
 */
export function removeCgroups(directories: readonly string[]): void {
  for (const directory of directories) {
    try {
      rmdirSync(directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EBUSY: something that is not ours was put into it.
      if (code !== 'ENOENT' && code !== 'EBUSY') throw error;
    }
  }
}

/** The hierarchies that are mounted (proc_pid_mountinfo(5)): the file system type stands after the dash. */
export function parseCgroupMounts(
  mountinfo: string,
): readonly { readonly directory: string; readonly options: readonly string[] }[] {
  return mountinfo.split('\n').flatMap((line) => {
    const match = /^\d+ \d+ \S+ \S+ (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line);
    if (match?.[1] === undefined) return [];
    const options = (match[3] ?? '').split(',');
    // The unified hierarchy bears no controller's name; its line in /proc/self/cgroup has an empty one.
    return [{ directory: match[1], options: match[2] === 'cgroup2' ? [''] : options }];
  });
}
