import type { HostPath } from '@pare/oci';
import type { ContainerEngine } from '../../ports/container-engine.ts';
import { chooseEndpoint, type EndpointChoice } from './choose-endpoint.ts';
import { ApiClient } from './client.ts';
import { openConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { DockerEngine } from './engine.ts';
import { shakeHands } from './handshake.ts';

/** How a run connects to an engine. */
export interface ConnectOptions {
  readonly runId: string;
  /** For what later runs can use again; may not exist yet. */
  readonly cacheDirectory: HostPath;
  readonly temporaryDirectory: HostPath;
  readonly signal?: AbortSignal;
}

/** A local engine answers at once; ssh has a login to do. */
const answerDeadlineMs = { unix: 10_000, tcp: 20_000, tls: 20_000, ssh: 45_000 } as const;

/**
 * Connects to the Docker engine that `host`, `context` or the environment name, else to the usual socket. Throws
 * PareError: `usage` for an address in the wrong form, `no-engine` for a context that cannot be read, `engine-failed` or
 * `timed-out` when no usable engine answers.
 */
export async function connectDocker(options: ConnectOptions & EndpointChoice): Promise<ContainerEngine> {
  return connectEndpoint(await chooseEndpoint(options, process.env), options);
}

/** Connects to the engine at an endpoint. Throws as `connectDocker`. */
export async function connectEndpoint(endpoint: Endpoint, options: ConnectOptions): Promise<ContainerEngine> {
  const connection = openConnection(endpoint);
  try {
    const handshake = await shakeHands(new ApiClient(connection), endpoint, {
      signal: options.signal,
      deadlineMs: answerDeadlineMs[endpoint.kind],
    });
    return new DockerEngine({
      connection,
      endpoint,
      handshake,
      runId: options.runId,
      temporaryDirectory: options.temporaryDirectory,
      cacheDirectory: options.cacheDirectory,
      directory: process.cwd(),
    });
  } catch (error) {
    connection.agent.destroy();
    throw error;
  }
}
