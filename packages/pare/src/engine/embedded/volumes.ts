import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import { claim, release } from './claims.ts';
import { bindMount } from './name-files.ts';
import { openInRoot } from './open-in-root.ts';
import type { PlannedMount } from './planned-mount.ts';
import { mustRun } from './run-program.ts';
import type { RuntimeMount } from './runtime-spec.ts';

/** Where volumes are: `NAME/data`, beside a claim of the run that made it. */
export interface VolumePlace {
  readonly directory: HostPath;
  readonly runId: string;
  /** PATH for cp(1). */
  readonly path: string;
}

/** The mounts of a container, and what was made for them. */
export interface PreparedMounts {
  readonly mounts: readonly RuntimeMount[];
  /** Names of volumes that are to go with the container. */
  readonly made: readonly string[];
  /** The same mounts as another container takes them over (`--volumes-from`): all volumes by name. */
  readonly shared: readonly PlannedMount[];
}

/**
 * Makes the volumes that are not there yet and fills the empty ones from the image, as docker does. `root` is the container's
 * file system before it runs. When it fails, what it made is removed.
 */
export async function prepareMounts(
  planned: readonly PlannedMount[],
  root: HostPath,
  place: VolumePlace,
): Promise<PreparedMounts> {
  const made: string[] = [];
  const mounts: RuntimeMount[] = [];
  const shared: PlannedMount[] = [];
  try {
    for (const mount of planned) {
      switch (mount.kind) {
        case 'tmpfs':
          mounts.push({ destination: mount.target, type: 'tmpfs', source: 'tmpfs', options: mount.options });
          break;
        case 'bind':
          await checkSource(mount);
          mounts.push(bindMount(mount.source, mount.target, mount.readOnly));
          shared.push(mount);
          break;
        case 'volume': {
          const name = mount.name ?? randomBytes(16).toString('hex');
          if (await makeVolume(name, place)) made.push(name);
          const data = hostPath(join(place.directory, name, 'data'));
          if (mount.copy && (await readdir(data)).length === 0)
            await copyUp(root, mount.target, data, place.path);
          mounts.push(bindMount(data, mount.target, mount.readOnly));
          shared.push({ ...mount, name, copy: false });
          break;
        }
      }
    }
  } catch (error) {
    await Promise.all(made.map((name) => removeVolume(place.directory, name)));
    throw error;
  }
  return { mounts, made, shared };
}

async function checkSource({ source, make, target }: Extract<PlannedMount, { kind: 'bind' }>): Promise<void> {
  if (make) await mkdir(source, { recursive: true }).catch(() => {});
  await stat(source).catch((cause: NodeJS.ErrnoException) => {
    throw missingSource({ source, target }, cause);
  });
}

/** Why a directory or file of this machine cannot be mounted. */
export function missingSource(
  { source, target }: { readonly source: string; readonly target: string },
  cause: NodeJS.ErrnoException,
): PareError {
  return new PareError('usage', `cannot mount ${source} at ${target}: ${cause.code ?? cause.message}`, {
    hint: 'the source of a bind mount must be there',
    cause,
  });
}

async function makeVolume(name: string, { directory, runId }: VolumePlace): Promise<boolean> {
  try {
    claim(directory, name, runId);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await mkdir(join(directory, name, 'data'), { recursive: true, mode: 0o755 });
  return true;
}

/** cp -a keeps owners, modes, times, links and attributes, those of the directory itself too. */
async function copyUp(root: HostPath, target: string, data: HostPath, path: string): Promise<void> {
  try {
    using source = openInRoot(root, target);
    // The child is in the directory by its descriptor, whatever the image's links say.
    await mustRun(['cp', '-a', '-T', '--', '.', data], `filling the volume of ${target}`, {
      path,
      directory: source.path,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}

/** Removes a volume; no error when it is gone already. */
export async function removeVolume(directory: HostPath, name: string): Promise<void> {
  await rm(join(directory, name), { recursive: true, force: true });
  await release(directory, name);
}
