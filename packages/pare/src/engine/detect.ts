import { PareError } from '../model/pare-error.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import { explainConnectionFailure } from './docker/api-error.ts';
import {
  defaultSocket,
  type EndpointChoice,
  type Environment,
  findNamedEndpoint,
} from './docker/choose-endpoint.ts';
import { type ConnectOptions, connectEndpoint } from './docker/connect.ts';
import { type Endpoint, renderEndpoint } from './docker/endpoint.ts';

export interface DetectOptions extends ConnectOptions, EndpointChoice {
  readonly engine: 'auto' | 'docker';
  /** Stands for `process.env` in tests. */
  readonly environment?: Environment;
  /** Stands for the usual sockets in tests. */
  readonly candidates?: readonly Candidate[];
}

/** A place where an engine may be. */
export interface Candidate {
  /** What is expected there, or who named it. */
  readonly name: string;
  readonly endpoint: Endpoint;
}

/**
 * Connects to the engine that the user named (see `findNamedEndpoint`), and to no other then; else to the first that
 * answers of the usual sockets of Docker, rootless Docker and Podman. Throws one PareError `no-engine` that lists every
 * engine tried and why each failed; an abort throws the signal's reason.
 */
export async function detectEngine(options: DetectOptions): Promise<ContainerEngine> {
  const environment = options.environment ?? process.env;
  const wanted = await findNamedEndpoint(options, environment);
  const candidates =
    wanted === undefined
      ? (options.candidates ?? usualCandidates(options.engine, environment))
      : [{ name: wanted.source, endpoint: wanted.endpoint }];
  const failures: { readonly candidate: Candidate; readonly error: unknown }[] = [];
  for (const candidate of candidates) {
    try {
      return await connectEndpoint(candidate.endpoint, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push({ candidate, error });
    }
  }
  const details = failures.map(({ candidate, error }) => `${describe(candidate)}: ${explain(error)}`);
  throw new PareError('no-engine', `no container engine answered. ${details.join('; ')}`, {
    hint: hintFor(failures.map(({ error }) => error)),
    details,
    cause: failures[0]?.error,
  });
}

/** Where engines are when nobody says otherwise, the most usual first. */
export function usualCandidates(engine: 'auto' | 'docker', environment: Environment): readonly Candidate[] {
  const runtime = environment.XDG_RUNTIME_DIR;
  const home = environment.HOME;
  const socket = (name: string, path: string): Candidate => ({ name, endpoint: { kind: 'unix', path } });
  return [
    socket('docker', defaultSocket),
    ...(runtime ? [socket('docker (rootless)', `${runtime}/docker.sock`)] : []),
    ...(home ? [socket('docker (desktop)', `${home}/.docker/run/docker.sock`)] : []),
    ...(engine === 'docker' ? [] : [socket('podman', '/run/podman/podman.sock')]),
    ...(engine === 'docker' || !runtime
      ? []
      : [socket('podman (rootless)', `${runtime}/podman/podman.sock`)]),
  ];
}

function describe({ name, endpoint }: Candidate): string {
  return `${name}: ${renderEndpoint(endpoint)}`;
}

/** The cause in a few words; what was being asked at that moment says nothing to a user here. */
function explain(error: unknown): string {
  if (error instanceof PareError && error.code === 'engine-failed' && error.cause !== undefined) {
    return explainConnectionFailure(error.cause);
  }
  return error instanceof Error ? error.message : String(error);
}

function hintFor(errors: readonly unknown[]): string {
  const denied = errors.some((error) => error instanceof Error && isDenied(error.cause));
  return denied
    ? 'add your user to the docker group (and log in anew), or run with sudo'
    : 'start Docker (or Podman: `systemctl --user start podman.socket`), or say where it is: --host, --context or DOCKER_HOST';
}

function isDenied(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM');
}
