import type * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import type {
  Container,
  ContainerState,
  ExecResult,
  LogChunk,
  PublishedPort,
} from '../../ports/container-engine.ts';
import { ApiError } from './api-error.ts';
import type { ApiCall, ApiClient } from './client.ts';
import { followLogs } from './container-logs.ts';
import { execInContainer } from './exec.ts';
import { createGate } from './gate.ts';
import { parsePublishedPorts } from './published-ports.ts';
import { removeContainer, removeVolume } from './remove.ts';
import { containerSchema, waitSchema } from './schemas.ts';

/** Between two pieces of an archive that the engine packs. */
const archiveIdleMs = 120_000;
const archiveDeadlineMs = 600_000;
const startDeadlineMs = 120_000;

export interface DockerContainerOptions {
  readonly client: ApiClient;
  readonly id: string;
  /** Named volumes that were made for it alone, and go with it. */
  readonly volumes: readonly string[];
  /** Where ports that are published on all addresses are reached. */
  readonly engineAddress: string;
  /** Ports of a container that shares the network of its host, which publishes nothing. */
  readonly hostPorts: readonly string[];
  readonly onDisposed: () => void;
}

/** `none` is the word for a check that is disabled. */
function healthOf(status: string | null | undefined): Pick<ContainerState, 'health'> {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? { health: status } : {};
}

/** A container of a Docker engine. */
export class DockerContainer implements Container {
  readonly id: string;
  readonly #options: DockerContainerOptions;
  /** The engine has nothing to wait for, and no output to follow, before the start. */
  readonly #started = createGate();
  #disposal: Promise<void> | undefined;

  constructor(options: DockerContainerOptions) {
    this.id = options.id;
    this.#options = options;
  }

  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.status(
        this.#call('POST', '/start', `starting container ${this.#shortId}`, {
          signal,
          deadlineMs: startDeadlineMs,
        }),
      );
    } catch (error) {
      const reason = await this.#startFailure(error);
      this.#started.close(reason);
      throw reason;
    }
    this.#started.open();
  }

  async state(signal?: AbortSignal): Promise<ContainerState> {
    const { State: state } = await this.#inspect(signal);
    const ended =
      state.Status === 'exited' || state.Status === 'dead' || (!state.Running && state.ExitCode !== 0);
    return {
      running: state.Running,
      exitCode: ended ? state.ExitCode : undefined,
      error: state.Error === null || state.Error === '' ? undefined : state.Error,
      hostPid: state.Running && state.Pid !== null && state.Pid !== 0 ? state.Pid : undefined,
      ...(state.Running ? healthOf(state.Health?.Status) : {}),
    };
  }

  wait(signal?: AbortSignal): Promise<number> {
    const ended = this.#wait(signal);
    // Who began to wait before the start is told by `start` that it failed, and may never come to await this.
    ended.catch(() => {});
    return ended;
  }

  /** Asked only once the container was started: `not-running` then answers at once when it has ended already. */
  async #wait(signal: AbortSignal | undefined): Promise<number> {
    await this.#started.pass(signal);
    const { StatusCode: exitCode } = await this.#client.json(
      waitSchema,
      this.#call('POST', '/wait', `waiting for container ${this.#shortId}`, {
        query: { condition: 'not-running' },
        deadlineMs: Number.POSITIVE_INFINITY,
        signal,
      }),
    );
    return exitCode;
  }

  async kill(signalName: string): Promise<void> {
    const call = this.#call('POST', '/kill', `sending ${signalName} to container ${this.#shortId}`, {
      query: { signal: signalName },
      // 409: it does not run; 404: it is gone.
      accept: [404, 409],
    });
    await this.#client.status(call).catch((error: unknown) => {
      // Podman's 409 (seen in 4.3, which answers 500).
      if (error instanceof ApiError && /can only kill running containers/.test(error.message)) return;
      throw error;
    });
  }

  async *logs(signal?: AbortSignal): AsyncGenerator<LogChunk> {
    await this.#started.pass(signal);
    yield* followLogs(this.#client, this.id, signal, (until) => this.#wait(until));
  }

  exec(
    argv: readonly string[],
    options: { readonly limitBytes?: number; readonly signal?: AbortSignal } = {},
  ): Promise<ExecResult> {
    return execInContainer(this.#client, this.id, argv, options);
  }

  async ports(signal?: AbortSignal): Promise<readonly PublishedPort[]> {
    const { NetworkSettings: network } = await this.#inspect(signal);
    return parsePublishedPorts(network?.Ports ?? {}, this.#options.engineAddress, this.#options.hostPorts);
  }

  copyOut(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const call = this.#call('GET', '/archive', `reading ${path} from container ${this.#shortId}`, {
      query: { path },
      signal,
    });
    return this.#client.stream(call, archiveIdleMs);
  }

  async copyIn(directory: string, tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    await this.#client.status(
      this.#call('PUT', '/archive', `writing to ${directory} of container ${this.#shortId}`, {
        query: { path: directory },
        body: tar,
        deadlineMs: archiveDeadlineMs,
        signal,
      }),
    );
  }

  /** Kills and removes it. May be called again; a failed removal is then tried anew. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#remove().catch((error: unknown) => {
      this.#disposal = undefined;
      throw error;
    });
    await this.#disposal;
  }

  async #remove(): Promise<void> {
    this.#started.close(
      new PareError('engine-failed', `container ${this.#shortId} was removed before it was started`),
    );
    await removeContainer(this.#client, this.id);
    for (const volume of this.#options.volumes) await removeVolume(this.#client, volume);
    this.#options.onDisposed();
  }

  /** A program that cannot be started is the container's failure; all else is the engine's. */
  async #startFailure(error: unknown): Promise<Error> {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (!(error instanceof ApiError)) return failure;
    const state = await this.state().catch(() => undefined);
    // 126 and 127 as in a shell: not executable, not found. Podman leaves the container as it was made, and tells it in words alone.
    const said = /executable file not found|exec: .*: (?:stat .*: )?(?:no such file|permission denied)/i;
    const unstartable = state?.exitCode === 126 || state?.exitCode === 127 || said.test(failure.message);
    if (!unstartable) return failure;
    return new PareError(
      'container-exited',
      `the container's program could not be started: ${state?.error ?? failure.message}`,
      {
        hint: "check the image's entrypoint and command, or pass --entrypoint and --cmd",
        cause: error,
      },
    );
  }

  async #inspect(signal: AbortSignal | undefined): Promise<v.InferOutput<typeof containerSchema>> {
    const call = this.#call('GET', '/json', `inspecting container ${this.#shortId}`, { signal });
    return this.#client.json(containerSchema, call);
  }

  get #client(): ApiClient {
    return this.#options.client;
  }

  get #shortId(): string {
    return this.id.slice(0, 12);
  }

  #call(
    method: ApiCall['method'],
    action: string,
    doing: string,
    rest: Partial<Omit<ApiCall, 'method' | 'path' | 'doing'>>,
  ): ApiCall {
    return { method, path: `/containers/${this.id}${action}`, doing, ...rest };
  }
}
