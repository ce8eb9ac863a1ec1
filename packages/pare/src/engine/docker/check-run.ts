import { PareError } from '../../model/pare-error.ts';
import type { RunOptions } from '../../model/scenario.ts';
import type { EngineInfo } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { isUserDefined, planCreate } from './create-body.ts';

/** Where the options are to be looked at. */
export interface CheckRunOptions {
  readonly client: ApiClient;
  readonly kind: EngineInfo['kind'];
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  readonly attached: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Maps run options as for a container of no image, and looks for the networks and containers that they name. Throws PareError `usage` for an
 * option in the wrong form and for what the engine does not have.
 */
export async function checkRunOptions(run: RunOptions, options: CheckRunOptions): Promise<void> {
  const plain = {
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: false,
  };
  planCreate(
    { image: '', run, binds: [], publishLoopback: [], ...plain },
    {
      ...{ runId: '', loopbackAddress: '', imageEntrypoint: [], seccompOption: undefined },
      directory: options.directory,
    },
  );
  const { network } = run;
  const named = options.attached ? undefined : network;
  if (named?.startsWith('container:'))
    await findNamed('container', named.slice('container:'.length), options);
  else if (isUserDefined(named) && !isPodmans(named, options.kind))
    await findNamed('network', named, options);
  for (const reference of [...run.links, ...run.volumesFrom])
    await findNamed('container', reference.split(':', 1)[0] ?? '', options);
}

/** Podman has more kinds of networks than are networks: `slirp4netns:…`, `pasta`, `private`, `ns:/path`, several at a time. */
function isPodmans(network: string, kind: EngineInfo['kind']): boolean {
  return kind === 'podman' && (/[:,]/.test(network) || ['slirp4netns', 'pasta', 'private'].includes(network));
}

async function findNamed(
  what: 'network' | 'container',
  name: string,
  { client, signal }: CheckRunOptions,
): Promise<void> {
  const id = encodeURIComponent(name);
  const path = what === 'network' ? `/networks/${id}` : `/containers/${id}/json`;
  const { status } = await client.status({
    method: 'GET',
    path,
    doing: `looking for ${what} ${name}`,
    accept: [404],
    ...(signal === undefined ? {} : { signal }),
  });
  if (status !== 404) return;
  throw new PareError('usage', `the engine has no ${what} ${name}`, {
    hint: what === 'network' ? '`docker network ls` lists them' : '`docker ps --all` lists them',
  });
}
