import { realpath } from 'node:fs/promises';
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
import { type Endpoint, parseEndpoint, renderEndpoint } from './docker/endpoint.ts';
import { connectEmbedded, type EmbeddedParts } from './embedded/connect.ts';

/** Which engine the user asked for; `auto`: the first that answers, else the one that needs no daemon. */
export type EngineName = 'auto' | 'docker' | 'podman' | 'embedded';

export interface DetectOptions extends ConnectOptions, EndpointChoice {
  readonly engine: EngineName;
  /** What the embedded engine is made of; undefined: there is none to fall back on. */
  readonly embedded?: EmbeddedParts;
  /** Told which engine was taken and why, where that was not the user's own choice. */
  readonly onChoice?: (message: string) => void;
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

interface Attempt {
  readonly where: string;
  readonly error: unknown;
}

/**
 * Connects to the engine that the user named (see `findNamedEndpoint`), and to no other then; else to the first that
 * answers of the usual sockets of Docker, rootless Docker and Podman; else to the embedded engine. Throws one PareError
 * `no-engine` that lists every engine tried and why each failed; an abort throws the signal's reason.
 */
export async function detectEngine(options: DetectOptions): Promise<ContainerEngine> {
  const environment = options.environment ?? process.env;
  const named = await findNamed(options, environment);
  const candidates = named === undefined ? usual(options, environment) : [named];
  const attempts: Attempt[] = [];
  for (const candidate of candidates) {
    try {
      const engine = await connectEndpoint(candidate.endpoint, options);
      if (options.engine === 'auto') options.onChoice?.(describeChoice(engine, candidate));
      return engine;
    } catch (error) {
      options.signal?.throwIfAborted();
      attempts.push({ where: describe(candidate), error });
    }
  }
  if (named === undefined && (options.engine === 'auto' || options.engine === 'embedded')) {
    const engine = await tryEmbedded(options, attempts);
    if (engine !== undefined) return engine;
  }
  throw noEngine(attempts);
}

/** Every engine that could be connected to, and why the others could not. */
export interface EveryEngine {
  readonly engines: readonly { readonly where: string; readonly engine: ContainerEngine }[];
  readonly silent: readonly string[];
}

/**
 * Connects to every engine of the kind asked for, `auto` being all kinds: what the environment names, the usual sockets, and the
 * embedded engine. With `host` or `context` to that one alone. Never throws but the signal's reason, and PareError `usage`.
 */
export async function detectEveryEngine(options: DetectOptions): Promise<EveryEngine> {
  const environment = options.environment ?? process.env;
  const named = await findNamed(options, environment);
  const alone = options.host !== undefined || options.context !== undefined;
  const candidates = [...(named === undefined ? [] : [named]), ...(alone ? [] : usual(options, environment))];
  const engines: EveryEngine['engines'][number][] = [];
  const attempts: Attempt[] = [];
  for (const candidate of await distinct(candidates)) {
    try {
      const engine = await connectEndpoint(candidate.endpoint, options);
      engines.push({
        where: `${engine.info.kind} ${engine.info.version} at ${renderEndpoint(candidate.endpoint)}`,
        engine,
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      attempts.push({ where: describe(candidate), error });
    }
  }
  if (!alone && (options.engine === 'auto' || options.engine === 'embedded')) {
    const engine = await tryEmbedded({ ...options, engine: 'embedded' }, attempts);
    if (engine !== undefined) engines.push({ where: `embedded ${engine.info.version}`, engine });
  }
  return { engines, silent: attempts.map(({ where, error }) => `${where}: ${explain(error)}`) };
}

/** Each socket once, whatever links lead to it. */
async function distinct(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
  const places = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { endpoint } = candidate;
    const place =
      endpoint.kind === 'unix'
        ? await realpath(endpoint.path).catch(() => endpoint.path)
        : renderEndpoint(endpoint);
    if (!places.has(place)) places.set(place, candidate);
  }
  return [...places.values()];
}

/** Only what the user named is asked; the embedded engine has no address. */
async function findNamed(options: DetectOptions, environment: Environment): Promise<Candidate | undefined> {
  if (options.engine === 'embedded') {
    if (options.host === undefined && options.context === undefined) return undefined;
    throw new PareError(
      'usage',
      'the embedded engine has no address: --host and --context are for the others',
    );
  }
  if (options.engine === 'podman' && options.host === undefined && options.context === undefined) {
    const address = environment.CONTAINER_HOST;
    return address ? { name: 'CONTAINER_HOST', endpoint: parseEndpoint(address, undefined) } : undefined;
  }
  const found = await findNamedEndpoint(options, environment);
  return found === undefined ? undefined : { name: found.source, endpoint: found.endpoint };
}

function usual(options: DetectOptions, environment: Environment): readonly Candidate[] {
  if (options.engine === 'embedded') return [];
  return options.candidates ?? usualCandidates(options.engine, environment);
}

async function tryEmbedded(
  options: DetectOptions,
  attempts: Attempt[],
): Promise<ContainerEngine | undefined> {
  if (options.embedded === undefined) return undefined;
  try {
    const engine = await connectEmbedded({ ...options, ...options.embedded });
    if (options.engine === 'auto') {
      const why = attempts.map(({ where, error }) => `${where}: ${explain(error)}`).join('; ');
      options.onChoice?.(`engine: embedded ${engine.info.version}, because no other answered (${why})`);
    }
    return engine;
  } catch (error) {
    options.signal?.throwIfAborted();
    attempts.push({ where: 'embedded', error });
    return undefined;
  }
}

function describeChoice({ info }: ContainerEngine, { name, endpoint }: Candidate): string {
  return `engine: ${info.kind} ${info.version} at ${renderEndpoint(endpoint)} (${name}), the first that answered`;
}

function noEngine(attempts: readonly Attempt[]): PareError {
  const details = attempts.map(({ where, error }) => `${where}: ${explain(error)}`);
  return new PareError('no-engine', `no container engine answered. ${details.join('; ')}`, {
    hint: hintFor(attempts.map(({ error }) => error)),
    details,
    cause: attempts[0]?.error,
  });
}

/** Where engines are when nobody says otherwise, the most usual first. */
export function usualCandidates(
  engine: Exclude<EngineName, 'embedded'>,
  environment: Environment,
): readonly Candidate[] {
  const runtime = environment.XDG_RUNTIME_DIR;
  const home = environment.HOME;
  const socket = (name: string, path: string): Candidate => ({ name, endpoint: { kind: 'unix', path } });
  const docker = [
    socket('docker', defaultSocket),
    ...(runtime ? [socket('docker (rootless)', `${runtime}/docker.sock`)] : []),
    ...(home ? [socket('docker (desktop)', `${home}/.docker/run/docker.sock`)] : []),
  ];
  const podman = [
    socket('podman', '/run/podman/podman.sock'),
    ...(runtime ? [socket('podman (rootless)', `${runtime}/podman/podman.sock`)] : []),
  ];
  if (engine === 'docker') return docker;
  return engine === 'podman' ? podman : [...docker, ...podman];
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
  if (denied) return 'add your user to the docker group (and log in anew), or run with sudo';
  const embedded = errors.find((error) => error instanceof PareError && error.code === 'no-engine');
  const start =
    'start Docker (or Podman: `systemctl --user start podman.socket`), or say where it is: --host, --context or DOCKER_HOST';
  return embedded instanceof PareError && embedded.hint !== undefined
    ? `for the embedded engine: ${embedded.hint}; or ${start}`
    : start;
}

function isDenied(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EACCES' || cause.code === 'EPERM');
}
