import { stat } from 'node:fs/promises';
import type { RunOptions } from '../../model/scenario.ts';
import { planPorts } from '../docker/port-specs.ts';
import { inheritedMounts } from './container-mounts.ts';
import { checkLinks, checkNetwork, type NetworkContext } from './container-network.ts';
import { parseAddHost } from './name-files.ts';
import { planMounts } from './planned-mount.ts';
import { planPublished } from './publish.ts';
import { parseSysctl, parseVariable } from './runtime-spec.ts';
import { signalNumber } from './signal-number.ts';
import { missingSource } from './volumes.ts';

/** What the check may refer to. */
export interface CheckContext extends NetworkContext {
  /** Directory that relative bind sources are below. */
  readonly directory: string;
}

/**
 * Goes through run options as making a container does, without an image: what is refused here would be refused then, whatever is
 * run. `attached`: on a network that Pare makes, so that the one that is named is not looked at. Throws PareError `usage`, and `no-engine` for a way
 * out where this machine has no program for it.
 */
export async function checkRunOptions(
  run: RunOptions,
  attached: boolean,
  context: CheckContext,
): Promise<void> {
  const publishes = attached || (await checkNetwork(run, context));
  checkLinks(run.links, context);
  planPorts({ publish: run.publish, expose: run.expose, publishLoopback: [], loopbackAddress: '' });
  if (publishes) planPublished(run.publish);
  for (const text of run.addHosts) parseAddHost(text, '');
  for (const text of run.sysctls ?? []) parseSysctl(text);
  for (const text of run.env) parseVariable(text);
  if (run.stopSignal !== undefined) signalNumber(run.stopSignal);
  const inherited = inheritedMounts(run.volumesFrom, context);
  for (const mount of planMounts({ run, binds: [] }, [], context.directory, inherited)) {
    // The others' sources are made.
    if (mount.kind !== 'bind' || mount.make) continue;
    await stat(mount.source).catch((cause: NodeJS.ErrnoException) => {
      throw missingSource(mount, cause);
    });
  }
}
