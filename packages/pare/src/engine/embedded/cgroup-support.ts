import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '../../ports/container-engine.ts';

/** Where limits can be set and devices be refused; `none`: not here, and `why`. */
export type CgroupSupport =
  | {
      /** `v1` also for a hybrid hierarchy: runtimes use its version 2 part for no controller. */
      readonly kind: 'v1' | 'v2';
      readonly controllers: ReadonlySet<Controller>;
      /** Whether swap can be limited, and there is any. */
      readonly swap: boolean;
    }
  | { readonly kind: 'none'; readonly why: string };

type Controller = 'memory' | 'cpu' | 'pids';

/** The file by which a version 1 controller sets a limit: a kernel may have the controller without it. */
const limitFiles: Readonly<Record<Controller, string>> = {
  memory: 'memory.limit_in_bytes',
  cpu: 'cpu.cfs_quota_us',
  pids: 'cgroup.procs',
};
const controllerNames = Object.keys(limitFiles) as Controller[];

/**
 * Finds out which control groups this process may make (cgroups(7)). Root of the machine may still not write there: in a
 * container the hierarchy is mounted read-only. `place` and `swaps` stand for the kernel's own in tests.
 */
export async function findCgroups(
  rootless: boolean,
  place = '/sys/fs/cgroup',
  swaps = '/proc/swaps',
): Promise<CgroupSupport> {
  if (rootless) return { kind: 'none', why: 'no permission in a user namespace' };
  // A heading, then a line for each (proc_swaps(5)).
  const hasSwap = (await readText(swaps)).trim().split('\n').length > 1;
  if (await isWritable(join(place, 'cgroup.subtree_control'))) {
    const controllers = await unifiedControllers(place);
    return { kind: 'v2', controllers, swap: hasSwap };
  }
  if (await isWritable(join(place, 'devices/cgroup.procs'))) {
    const usable = await Promise.all(
      controllerNames.map(async (name) => {
        const files = ['cgroup.procs', limitFiles[name]].map((file) => join(place, name, file));
        return (await Promise.all(files.map(isWritable))).every(Boolean) ? [name] : [];
      }),
    );
    const swap = hasSwap && (await isWritable(join(place, 'memory/memory.memsw.limit_in_bytes')));
    return { kind: 'v1', controllers: new Set(usable.flat()), swap };
  }
  return { kind: 'none', why: `${place} is not writable` };
}

/**
 * The kernel's own root gives its children every controller that it has. Below, in a container's view, a group with processes
 * cannot be told to ("no internal processes"): there is only what has been given out already.
 */
async function unifiedControllers(place: string): Promise<ReadonlySet<Controller>> {
  // The root alone has no such file.
  const isRoot = !(await exists(join(place, 'cgroup.type')));
  const text = await readText(join(place, isRoot ? 'cgroup.controllers' : 'cgroup.subtree_control'));
  const words = text.trim().split(/\s+/);
  return new Set(controllerNames.filter((name) => words.includes(name)));
}

/** The limits that cannot be set, with the reason. */
export function unlimitedBy(support: CgroupSupport): NonNullable<EngineInfo['unlimited']> {
  const why = (controller: Controller) => {
    if (support.kind === 'none') return support.why;
    return support.controllers.has(controller)
      ? undefined
      : `there is no cgroup controller ${controller} to use`;
  };
  const [memory, cpus, pids] = [why('memory'), why('cpu'), why('pids')];
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pids === undefined ? {} : { pids }),
  };
}

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '');
}
