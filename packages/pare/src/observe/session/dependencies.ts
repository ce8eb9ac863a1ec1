import { setTimeout as delay } from 'node:timers/promises';
import { PareError } from '../../model/pare-error.ts';
import type { Dependency } from '../../model/scenario.ts';
import type { ContainerSpec, Network } from '../../ports/container-engine.ts';
import { insertFiles } from '../container/insert-files.ts';
import { plainLauncher } from '../container/launcher.ts';
import { type RunningContainer, startContainer } from '../container/running-container.ts';
import { reachablePorts } from '../readiness/reachable-ports.ts';
import { awaitReadiness } from '../readiness/readiness.ts';
import { describeCheck } from '../readiness/readiness-check.ts';
import type { Session } from './session-model.ts';

/** One that says nothing of its readiness and listens nowhere counts as ready after this long. */
const silentMs = 5000;
const pollMs = 50;

/**
 * Runs a session beside its dependencies: containers of their own, made anew, on a network that nothing else is on, started
 * in their order and each waited for. All of them are removed afterwards, when the session's own containers are gone.
 * Throws PareError `container-exited` or `container-not-ready` that names the dependency, and those of the engine.
 */
export async function withDependencies<T>(
  session: Session,
  run: (session: Session) => Promise<T>,
): Promise<T> {
  const { dependencies = [] } = session.scenario;
  if (dependencies.length === 0) return run(session);
  const started: AsyncDisposable[] = [];
  const removals: Promise<void>[] = [];
  const deferCleanup = (removal: Promise<void>) => {
    // It is looked at in the end; until then its failure must not count as unhandled.
    removal.catch(() => undefined);
    removals.push(removal);
  };
  try {
    const asked = [session.scenario, ...dependencies].flatMap(({ run }) => run.network ?? []);
    const network = await session.engine.createNetwork(session.signal, asked);
    started.push(network);
    await session.log.time('dependencies', () => startAll(session, dependencies, network, started));
    return await run({ ...session, deferCleanup, attach: { network: network.id, aliases: ['app'] } });
  } finally {
    const cleanup = removeAll(removals, started);
    // What is published or mounted by name must be free for the next session.
    if (session.deferCleanup === undefined || dependencies.some(isExclusive)) await cleanup;
    else session.deferCleanup(cleanup);
  }
}

/** What a launch of this session needs to find its dependencies. */
export function attachOf({ attach }: Session): { readonly attach?: NonNullable<ContainerSpec['attach']> } {
  return attach === undefined ? {} : { attach };
}

function isExclusive({ run }: Dependency): boolean {
  return run.publish.length + run.volumes.length + run.mounts.length > 0;
}

/** The last first, since what was made first may hold what the others use. Throws the first failure. */
async function removeAll(
  removals: readonly Promise<void>[],
  started: readonly AsyncDisposable[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const settled of await Promise.allSettled(removals))
    if (settled.status === 'rejected') failures.push(settled.reason);
  for (const one of started.toReversed()) {
    await Promise.resolve(one[Symbol.asyncDispose]()).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

async function startAll(
  session: Session,
  dependencies: readonly Dependency[],
  network: Network,
  started: AsyncDisposable[],
): Promise<void> {
  for (const dependency of dependencies) {
    session.stage.update(`starting ${dependency.name}`);
    const running = await startOne(session, dependency, network);
    started.push(running);
    session.stage.update(`waiting for ${dependency.name}`);
    await awaitDependency(session, dependency, running);
  }
}

async function startOne(
  { engine, signal }: Session,
  dependency: Dependency,
  network: Network,
): Promise<RunningContainer> {
  const { aliases, files = [], image, name, readiness, run } = dependency;
  // Its own error says more than that of the creation.
  await engine.inspectImage(image, signal);
  const launcher = plainLauncher(engine, image, { run }, { keepHealthcheck: readiness === undefined });
  const ports =
    readiness !== undefined && 'port' in readiness && readiness.port !== undefined ? [readiness.port] : [];
  const attach = { network: network.id, aliases: [...new Set([name, ...aliases])] };
  const launched = await launcher.create({ argv: undefined, ports, withExec: true, attach }, signal);
  try {
    await insertFiles(launched.container, files, signal);
  } catch (error) {
    await launched.container[Symbol.asyncDispose]();
    throw error;
  }
  try {
    return await startContainer(launched, engine.info, false, signal);
  } catch (error) {
    if (!(error instanceof PareError) || error.code !== 'container-exited') throw error;
    const { details, message } = error;
    throw new PareError('container-exited', `dependency ${name}: ${message}`, { details, cause: error });
  }
}

async function awaitDependency(
  session: Session,
  dependency: Dependency,
  running: RunningContainer,
): Promise<void> {
  const { readiness: check, readinessTimeoutMs: timeoutMs } = dependency;
  if (dependency.untilExit) return awaitExit(session, dependency, running);
  if (check === undefined) return awaitOwnHealth(session, dependency, running);
  const ports = 'port' in check && check.port !== undefined ? [check.port] : [];
  const plan = { ports, required: false };
  const readiness = await awaitReadiness(running, plan, { check, timeoutMs }, session.signal);
  if (readiness.kind === 'ended') throw await endedEarly(dependency, running, readiness.exitCode);
  if (readiness.kind === 'not-ready')
    throw notReady(dependency, running, `${describeCheck(check)} has not come true`);
}

async function awaitExit(
  { signal }: Session,
  dependency: Dependency,
  running: RunningContainer,
): Promise<void> {
  const finished = new AbortController();
  const waiting = AbortSignal.any([signal, finished.signal]);
  const outOfTime = delay(dependency.readinessTimeoutMs, undefined, { signal: waiting });
  outOfTime.catch(() => undefined);
  const exitCode = await Promise.race([running.ended, outOfTime]).finally(() => finished.abort());
  if (exitCode === undefined) throw notReady(dependency, running, 'it has not ended');
  if (exitCode !== 0) throw await endedEarly(dependency, running, exitCode);
}

/** The image's health check says when it is ready; where there is none, that it listens. */
async function awaitOwnHealth(
  { engine, signal }: Session,
  dependency: Dependency,
  running: RunningContainer,
): Promise<void> {
  const started = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const exitCode = running.exitCode();
    if (exitCode !== undefined) throw await endedEarly(dependency, running, exitCode);
    const { health } = await running.container.state(signal);
    if (health === 'healthy') return;
    if (health === 'unhealthy') throw notReady(dependency, running, 'its health check fails');
    const elapsedMs = performance.now() - started;
    if (health === undefined) {
      if (engine.info.local && (await reachablePorts(running, [])).length > 0) return;
      if (elapsedMs >= Math.min(silentMs, dependency.readinessTimeoutMs)) return;
    } else if (elapsedMs >= dependency.readinessTimeoutMs) {
      throw notReady(dependency, running, 'its health check has not passed');
    }
    await Promise.race([delay(pollMs, undefined, { signal }), running.ended]);
  }
}

async function endedEarly(
  { name }: Dependency,
  running: RunningContainer,
  exitCode: number,
): Promise<PareError> {
  await running.logs.finished();
  return new PareError('container-exited', `dependency ${name} ended with exit code ${exitCode}`, {
    hint: 'its last words are below; give it what it needs in the scenario (env, command, volumes)',
    details: running.logs.tail().slice(-10),
  });
}

function notReady(dependency: Dependency, running: RunningContainer, what: string): PareError {
  const { name, readinessTimeoutMs } = dependency;
  return new PareError(
    'container-not-ready',
    `dependency ${name} is not ready: ${what} after ${readinessTimeoutMs / 1000} s at most`,
    {
      hint: 'its last words are below; its readiness in the scenario says what is waited for, and how long',
      details: running.logs.tail().slice(-10),
    },
  );
}
