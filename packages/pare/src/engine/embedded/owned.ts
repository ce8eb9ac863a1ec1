import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { OwnedObjects } from '../../ports/container-engine.ts';
import { removeCgroups } from './cgroups.ts';
import { listClaims, release } from './claims.ts';
import { removeVolume } from './volumes.ts';

/** The directories in which an engine keeps what it makes. */
export interface EnginePlaces {
  readonly containers: HostPath;
  readonly volumes: HostPath;
  readonly networks: HostPath;
}

/** Lists what is in those directories, of any run. */
export async function listOwned(places: EnginePlaces): Promise<OwnedObjects> {
  const [containers, volumes, networks] = await Promise.all([
    listClaims(places.containers),
    listClaims(places.volumes),
    listClaims(places.networks),
  ]);
  return { containers, volumes, networks };
}

/**
 * Removes what `listOwned` gave. What ran there ended with its run (see `keeper-script.ts`): directories are left, and empty
 * cgroups.
 */
export async function removeOwned(places: EnginePlaces, objects: OwnedObjects): Promise<void> {
  for (const { id } of objects.containers) await removeBundle(places.containers, id);
  for (const { id } of objects.volumes) await removeVolume(places.volumes, id);
  for (const { id } of objects.networks) await removeBundle(places.networks, id);
}

/** Removes the directory of a container or a network, the cgroups that it names, and the claim. */
export async function removeBundle(place: HostPath, id: string): Promise<void> {
  const bundle = join(place, id);
  const cgroups = await readFile(join(bundle, 'cgroups'), 'utf8').catch(() => '');
  removeCgroups(cgroups.split('\n').filter((directory) => directory !== ''));
  await rm(bundle, { recursive: true, force: true });
  await release(place, id);
}
