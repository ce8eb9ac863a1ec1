import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { OwnedObject, OwnedObjects } from '../../ports/container-engine.ts';
import { removeCgroups } from './cgroups.ts';
import { listVolumes, removeVolume } from './volumes.ts';

/** The directories in which an engine keeps what it makes. */
export interface EnginePlaces {
  readonly containers: HostPath;
  readonly volumes: HostPath;
  readonly networks: HostPath;
}

/** Lists what is in those directories, of any run. */
export async function listOwned(places: EnginePlaces): Promise<OwnedObjects> {
  const [containers, volumes, networks] = await Promise.all([
    listIn(places.containers, async (bundle) => (await readOwner(bundle))?.run),
    listVolumes(places.volumes),
    listIn(places.networks, (bundle) => readFile(join(bundle, 'run'), 'utf8')),
  ]);
  return { containers, volumes, networks };
}

/**
 * Removes what `listOwned` gave. What ran there ended with its run (see `keeper-script.ts`): directories are left, and empty
 * cgroups.
 */
export async function removeOwned(places: EnginePlaces, objects: OwnedObjects): Promise<void> {
  for (const { id } of objects.containers) {
    const bundle = join(places.containers, id);
    await removeCgroups((await readOwner(bundle))?.cgroups ?? []);
    await rm(bundle, { recursive: true, force: true });
  }
  for (const { id } of objects.volumes) await removeVolume(places.volumes, id);
  for (const { id } of objects.networks)
    await rm(join(places.networks, id), { recursive: true, force: true });
}

async function listIn(
  directory: HostPath,
  runOf: (bundle: string) => Promise<string | undefined>,
): Promise<readonly OwnedObject[]> {
  const names = await readdir(directory).catch(() => []);
  const objects = await Promise.all(
    names.map(async (id) => {
      const run = await runOf(join(directory, id)).catch(() => undefined);
      return run === undefined ? [] : [{ id, run }];
    }),
  );
  return objects.flat();
}

async function readOwner(
  bundle: string,
): Promise<{ readonly run: string; readonly cgroups: readonly string[] } | undefined> {
  const text = await readFile(join(bundle, 'owner.json'), 'utf8').catch(() => '');
  return text === '' ? undefined : JSON.parse(text);
}
