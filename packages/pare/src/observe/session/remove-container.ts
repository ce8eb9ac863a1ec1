import type { RunningContainer } from '../container/running-container.ts';
import type { Session } from './session-model.ts';

/**
 * Removing a container takes a good part of what starting it took. Nothing waits for it, unless the next container
 * would want what this one holds: a port of the host, a volume.
 */
export async function removeContainer(session: Session, running: RunningContainer): Promise<void> {
  const { deferCleanup, scenario } = session;
  const { mounts, network, publish, volumes, volumesFrom } = scenario.run;
  const exclusive =
    publish.length + mounts.length + volumes.length + volumesFrom.length > 0 || network === 'host';
  const removal = Promise.resolve(running[Symbol.asyncDispose]());
  if (deferCleanup === undefined || exclusive) await removal;
  else deferCleanup(removal);
}
