import { PareError } from '../../model/pare-error.ts';
import { OWNER_LABEL, type OwnedObject, type OwnedObjects } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { removeContainer, removeNetwork, removeVolume } from './remove.ts';
import { containersSchema, networksSchema, volumesSchema } from './schemas.ts';

/** Lists everything with the owner label, of any run. */
export async function listOwned(client: ApiClient, signal: AbortSignal | undefined): Promise<OwnedObjects> {
  const filters = JSON.stringify({ label: [OWNER_LABEL] });
  const call = { method: 'GET', doing: 'listing what Pare made', signal } as const;
  const [containers, volumes, networks] = await Promise.all([
    client.json(containersSchema, { ...call, path: '/containers/json', query: { all: 'true', filters } }),
    client.json(volumesSchema, { ...call, path: '/volumes', query: { filters } }),
    client.json(networksSchema, { ...call, path: '/networks', query: { filters } }),
  ]);
  return {
    containers: containers.flatMap(({ Id, Labels }) => owned(Id, Labels)),
    volumes: (volumes.Volumes ?? []).flatMap(({ Name, Labels }) => owned(Name, Labels)),
    networks: networks.flatMap(({ Id, Labels }) => owned(Id, Labels)),
  };
}

/** The filter is the engine's word: what it gives without the label is not ours to remove. */
function owned(
  id: string,
  labels: Readonly<Record<string, string>> | null | undefined,
): readonly OwnedObject[] {
  const run = labels?.[OWNER_LABEL];
  return run === undefined ? [] : [{ id, run }];
}

/** Removes containers first, since they hold the others. Throws one PareError that lists all that could not be removed. */
export async function removeOwned(client: ApiClient, objects: OwnedObjects): Promise<void> {
  const failures: unknown[] = [];
  const each = async (
    kind: readonly OwnedObject[],
    remove: (client: ApiClient, id: string) => Promise<void>,
  ) => {
    for (const { id } of kind) await remove(client, id).catch((error: unknown) => failures.push(error));
  };
  await each(objects.containers, removeContainer);
  await each(objects.volumes, removeVolume);
  await each(objects.networks, removeNetwork);
  if (failures.length === 0) return;
  throw new PareError('engine-failed', `${failures.length} objects that Pare made could not be removed`, {
    details: failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))),
    cause: failures[0],
  });
}
