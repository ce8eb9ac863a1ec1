import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { PareError } from '../../model/pare-error.ts';
import { type CgroupSupport, findCgroups } from './cgroup-support.ts';
import { type Hierarchy, readHierarchies } from './cgroups.ts';
import { findProgram, searchPath } from './find-program.ts';
import { runProgram } from './run-program.ts';

/** A program that runs a container by an OCI bundle. */
export interface OciRuntime {
  readonly kind: 'runc' | 'crun';
  readonly path: string;
  readonly version: string;
  /** Global flags that it needs here. */
  readonly flags: readonly string[];
}

/** What this machine gives the embedded engine. */
export interface EmbeddedHost {
  readonly runtime: OciRuntime;
  readonly path: string;
  /** Whether Pare is root of a user namespace only, not of the machine. */
  readonly rootless: boolean;
  /** IDs above are not mapped: an image's other owners cannot be had. */
  readonly highestId: number;
  readonly cgroups: CgroupSupport;
  readonly hierarchies: readonly Hierarchy[];
}

/** util-linux and coreutils, which every distribution has; a minimal image may not. */
const programs = ['unshare', 'nsenter', 'setpriv', 'mount', 'mkfifo', 'sh', 'cp'];

/** Finds out what the embedded engine has to work with. Throws PareError `no-engine` that says what is missing. */
export async function surveyHost(
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<EmbeddedHost> {
  if (process.platform !== 'linux') {
    throw new PareError('no-engine', 'the embedded engine runs on Linux only', {
      hint: 'use Docker or Podman, which bring a Linux machine of their own',
    });
  }
  const path = searchPath(environment.PATH);
  const missing: string[] = [];
  const [runtime, ids, hierarchies] = await Promise.all([
    findRuntime(path, environment, signal),
    readIdMap(),
    readHierarchies(),
    ...programs.map(async (name) => {
      if ((await findProgram(name, path)) === undefined) missing.push(name);
    }),
  ]);
  if (missing.length > 0) {
    throw new PareError('no-engine', `the embedded engine needs ${missing.sort().join(', ')}`, {
      hint: 'install util-linux and coreutils',
    });
  }
  if (process.getuid?.() !== 0) {
    throw new PareError('no-engine', 'the embedded engine needs root, or a user namespace', {
      hint: 'run `unshare --user --map-auto --map-root-user pare …`, or let the kernel give user namespaces to users (sysctl kernel.unprivileged_userns_clone=1)',
    });
  }
  const rootless = !ids.initial;
  const cgroups = await findCgroups(rootless);
  return {
    runtime: { ...runtime, flags: runtimeFlags(runtime.kind, cgroups) },
    path,
    rootless,
    highestId: ids.highest,
    cgroups,
    hierarchies,
  };
}

/** Without cgroups to write to, a runtime that is run by root must be told so. */
function runtimeFlags(kind: OciRuntime['kind'], cgroups: CgroupSupport): readonly string[] {
  if (kind === 'crun') return [`--cgroup-manager=${cgroups.kind === 'none' ? 'disabled' : 'cgroupfs'}`];
  return cgroups.kind === 'none' ? ['--rootless=true'] : [];
}

/**
 * Finds the runtime that `PARE_RUNTIME` asks for; else crun, which starts a container in half of runc's time, and runc where it is not there or
 * older than what it was tried with. Throws PareError `no-engine`.
 */
export async function findRuntime(
  path: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Omit<OciRuntime, 'flags'>> {
  const asked = environment.PARE_RUNTIME;
  const kinds = asked === 'crun' || asked === 'runc' ? ([asked] as const) : (['crun', 'runc'] as const);
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const program = await findProgram(kind, path);
      return program === undefined ? [] : [{ kind, path: program }];
    }),
  );
  const [first, second] = found.flat();
  if (first === undefined) {
    throw new PareError('no-engine', `neither runc nor crun is on PATH`, {
      hint: 'install one: `apt-get install crun` (Debian, Ubuntu), `dnf install crun` (Fedora, RHEL), `apk add crun` (Alpine)',
    });
  }
  const version = await versionOf(first.path, path, signal);
  if (second !== undefined && isOlder(version, triedCrun)) {
    return { ...second, version: await versionOf(second.path, path, signal) };
  }
  return { ...first, version };
}

/** Debian 12 has it. Ubuntu 22.04 has 0.17. */
const triedCrun = [1, 8] as const;

async function versionOf(program: string, path: string, signal: AbortSignal | undefined): Promise<string> {
  const { stdout } = await runProgram([program, '--version'], { path, signal });
  return /version:? (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return ours < major || (ours === major && oursMinor < minor);
}

/** user_namespaces(7): the initial namespace maps all IDs onto themselves. */
async function readIdMap(): Promise<{ readonly initial: boolean; readonly highest: number }> {
  const text = await readFile('/proc/self/uid_map', 'latin1').catch(() => '0 0 4294967295');
  const ranges = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const initial = ranges.length === 1 && ranges[0]?.[1] === 0 && ranges[0]?.[2] === 4_294_967_295;
  return { initial, highest: Math.max(...ranges.map(([first = 0, , count = 0]) => first + count - 1)) };
}

/** Whether the kernel is at least `major.minor`. */
export function kernelIsAtLeast(major: number, minor: number, kernel: string = release()): boolean {
  const [ours = 0, oursMinor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return ours > major || (ours === major && oursMinor >= minor);
}
