import type { EngineInfo, ExecResult, PublishedPort } from '../../ports/container-engine.ts';
import type { HostAddress } from '../probes/http/http-port.ts';
import type { LaunchedContainer } from './launcher.ts';
import { type ListeningWatch, watchListening } from './listening.ts';
import { collectLogs, type LogCollector } from './log-collector.ts';

/** A container that was started, and what is known of it without asking the engine again. */
export interface RunningContainer extends AsyncDisposable {
  readonly container: LaunchedContainer['container'];
  readonly launched: LaunchedContainer;
  /** Undefined for a remote engine, and for an application that ended before it could be asked. */
  readonly hostPid: number | undefined;
  /** Resolves with its exit code when it ends. */
  readonly ended: Promise<number>;
  /** Its exit code, once it has ended. */
  exitCode(): number | undefined;
  readonly logs: LogCollector;
  /** What it listens on, where this machine can see that. */
  readonly listening: ListeningWatch;
  /** Where a TCP port of the container is reached from here; undefined when it is not published. */
  address(containerPort: number): HostAddress | undefined;
  /** Runs a command as the application would run it; each output stream is cut at 64 KiB. */
  execute(argv: readonly string[], signal: AbortSignal): Promise<ExecResult>;
}

const outputLimitBytes = 64 * 1024;

/**
 * Starts a container and finds out where it is. Disposing of it kills and removes it. When it cannot be started it is
 * removed and what the engine threw is thrown: PareError `container-exited` when its program is not there.
 */
export async function startContainer(
  launched: LaunchedContainer,
  info: EngineInfo,
  hostNetwork: boolean,
  signal: AbortSignal,
): Promise<RunningContainer> {
  const { container } = launched;
  const following = new AbortController();
  const followed = AbortSignal.any([signal, following.signal]);
  let code: number | undefined;
  // Before the start, so that an application that ends at once is not missed.
  const ended = container.wait(followed).then((exitCode) => {
    code = exitCode;
    return exitCode;
  });
  ended.catch(() => undefined);
  const release = async () => {
    following.abort();
    await container[Symbol.asyncDispose]();
  };
  try {
    await container.start(signal);
    const logs = collectLogs(container.logs(followed));
    const [state, ports] = await Promise.all([
      info.local ? container.state(signal) : undefined,
      container.ports(signal),
    ]);
    const addresses = new Map(
      ports
        .filter(({ protocol }) => protocol === 'tcp')
        .map((published) => [published.containerPort, addressOf(published)]),
    );
    return {
      container,
      launched,
      hostPid: state?.hostPid,
      listening: watchListening(state?.hostPid),
      ended,
      exitCode: () => code,
      logs,
      address: (port) =>
        addresses.get(port) ?? (hostNetwork && info.local ? { host: '127.0.0.1', port } : undefined),
      execute: (argv, abort) =>
        container.exec(launched.execArgv(argv), { limitBytes: outputLimitBytes, signal: abort }),
      [Symbol.asyncDispose]: release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function addressOf(port: PublishedPort): HostAddress {
  return port.socketPath === undefined
    ? { host: port.hostAddress, port: port.hostPort }
    : { path: port.socketPath };
}
