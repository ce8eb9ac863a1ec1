import { type Network, OWNER_LABEL } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { removeNetwork } from './remove.ts';
import { createdNetworkSchema } from './schemas.ts';

export interface NetworkOptions {
  readonly client: ApiClient;
  /** Name of the network, which nothing else has. */
  readonly name: string;
  readonly runId: string;
  readonly onDisposed: (network: Network) => void;
}

/**
 * Makes a bridge network of the run's own. As with a container, an abort does not cut the request off: the answer is waited
 * for and the network removed.
 */
export async function createNetwork(options: NetworkOptions, signal?: AbortSignal): Promise<Network> {
  signal?.throwIfAborted();
  const { client, name, runId } = options;
  const { Id: id } = await client.json(createdNetworkSchema, {
    method: 'POST',
    path: '/networks/create',
    json: { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: { [OWNER_LABEL]: runId } },
    doing: 'making a network',
  });
  const network: Network = {
    id,
    async [Symbol.asyncDispose]() {
      await removeNetwork(client, id);
      options.onDisposed(network);
    },
  };
  if (!signal?.aborted) return network;
  await network[Symbol.asyncDispose]();
  throw signal.reason;
}
