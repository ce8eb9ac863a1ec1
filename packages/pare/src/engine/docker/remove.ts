import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './client.ts';
import { waitSchema } from './schemas.ts';

const removalDeadlineMs = 120_000;
/** A file system that is still busy makes the engine answer 500; it succeeds a moment later. */
const attempts = 4;
const pauseMs = 250;

/** Kills and removes a container, by ID or name, with its anonymous volumes. No error when it is gone already. */
export async function removeContainer(client: ApiClient, container: string): Promise<void> {
  const path = `/containers/${encodeURIComponent(container)}`;
  const doing = `removing container ${container}`;
  const { status } = await tryAgain(() =>
    client.status({
      method: 'DELETE',
      path,
      query: { force: 'true', v: 'true' },
      doing,
      deadlineMs: removalDeadlineMs,
      accept: [404, 409],
    }),
  );
  // 409: somebody else is removing it just now.
  if (status !== 409) return;
  await client.find(waitSchema, {
    method: 'POST',
    path: `${path}/wait`,
    query: { condition: 'removed' },
    doing,
    deadlineMs: removalDeadlineMs,
  });
}

/** Removes a volume. No error when it is gone already; one that another container uses is left to it. */
export async function removeVolume(client: ApiClient, name: string): Promise<void> {
  await tryAgain(() =>
    client.status({
      method: 'DELETE',
      path: `/volumes/${encodeURIComponent(name)}`,
      doing: `removing volume ${name}`,
      accept: [404, 409],
    }),
  );
}

/** Removes a network. No error when it is gone already. */
export async function removeNetwork(client: ApiClient, id: string): Promise<void> {
  await client.status({
    method: 'DELETE',
    path: `/networks/${encodeURIComponent(id)}`,
    doing: `removing network ${id}`,
    accept: [404],
  });
}

async function tryAgain<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status < 500 || attempt === attempts) throw error;
      await delay(pauseMs);
    }
  }
}
