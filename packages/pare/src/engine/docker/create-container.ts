import { setTimeout as delay } from 'node:timers/promises';
import type { HostPath } from '@pare/oci';
import { type ContainerSpec, type EngineInfo, OWNER_LABEL } from '../../ports/container-engine.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './client.ts';
import { DockerContainer } from './container.ts';
import { type CreateContext, type NamedVolume, needsImageEntrypoint, planCreate } from './create-body.ts';
import { inspect } from './image-store.ts';
import { removeContainer, removeVolume } from './remove.ts';
import { createdSchema, volumeSchema } from './schemas.ts';
import { seccompOption } from './seccomp-option.ts';

const createDeadlineMs = 120_000;
/** After a lost connection: how long the engine may take to finish what it was asked for. */
const lateAttempts = 20;
const latePauseMs = 250;

export interface CreateOptions extends Omit<CreateContext, 'imageEntrypoint' | 'seccompOption'> {
  readonly client: ApiClient;
  /** Name of the container, which nothing else has. */
  readonly name: string;
  readonly engineAddress: string;
  readonly info: EngineInfo;
  readonly temporaryDirectory: HostPath;
  readonly onDisposed: (container: DockerContainer) => void;
}

/**
 * Creates a container. An abort does not cut the request off, since the engine would go on with it unseen: the answer is
 * waited for and the container removed. So it leaves nothing behind, unless the connection is lost and stays lost.
 */
export async function createContainer(
  spec: ContainerSpec,
  options: CreateOptions,
  signal?: AbortSignal,
): Promise<DockerContainer> {
  signal?.throwIfAborted();
  const { client, name } = options;
  const image = needsImageEntrypoint(spec) ? await inspect(client, spec.image, signal) : undefined;
  const plan = planCreate(spec, {
    ...options,
    imageEntrypoint: image?.Config?.Entrypoint ?? [],
    seccompOption: spec.seccomp === undefined ? undefined : await seccompOption(spec.seccomp, options),
  });
  const volumes: string[] = [];
  let id: string;
  try {
    for (const volume of plan.volumes) {
      if (await ensureVolume(client, volume, options.runId)) volumes.push(volume.name);
    }
    id = await create(client, name, spec.image, plan.body);
  } catch (error) {
    for (const volume of volumes) await removeVolume(client, volume);
    throw error;
  }
  const container = new DockerContainer({
    client,
    id,
    volumes,
    engineAddress: options.engineAddress,
    hostPorts: spec.run.network === 'host' ? spec.publishLoopback : [],
    onDisposed: () => options.onDisposed(container),
  });
  if (!signal?.aborted) return container;
  await container[Symbol.asyncDispose]();
  throw signal.reason;
}

async function create(client: ApiClient, name: string, image: string, body: unknown): Promise<string> {
  try {
    const { Id: id } = await client.json(createdSchema, {
      method: 'POST',
      path: '/containers/create',
      query: { name },
      json: body,
      doing: `creating a container of ${image}`,
      deadlineMs: createDeadlineMs,
    });
    return id;
  } catch (error) {
    // An engine that refused has made nothing. One that was not heard of may be at it still.
    if (!(error instanceof ApiError)) await removeLate(client, name);
    throw error;
  }
}

/** Makes a volume that is not there yet, with the run's label; returns whether it did. */
async function ensureVolume(client: ApiClient, volume: NamedVolume, runId: string): Promise<boolean> {
  const doing = `making volume ${volume.name}`;
  const path = `/volumes/${encodeURIComponent(volume.name)}`;
  if ((await client.find(volumeSchema, { method: 'GET', path, doing })) !== undefined) return false;
  await client.json(volumeSchema, {
    method: 'POST',
    path: '/volumes/create',
    json: {
      Name: volume.name,
      ...(volume.driver === undefined ? {} : { Driver: volume.driver }),
      DriverOpts: volume.options,
      Labels: { ...volume.labels, [OWNER_LABEL]: runId },
    },
    doing,
  });
  return true;
}

/** Removes a container that may be there, or may come. */
async function removeLate(client: ApiClient, name: string): Promise<void> {
  for (let attempt = 0; attempt < lateAttempts; attempt++) {
    try {
      if (await removeIfThere(client, name)) return;
    } catch {
      // The engine cannot be reached now: what was the matter is thrown already, and `pare gc` finds the label.
    }
    await delay(latePauseMs);
  }
}

async function removeIfThere(client: ApiClient, name: string): Promise<boolean> {
  const path = `/containers/${encodeURIComponent(name)}/json`;
  const { status } = await client.status({
    method: 'GET',
    path,
    doing: `looking for container ${name}`,
    accept: [404],
  });
  if (status === 404) return false;
  await removeContainer(client, name);
  return true;
}
