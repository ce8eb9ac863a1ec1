import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../../model/observation.ts';
import { PareError } from '../../model/pare-error.ts';
import { type ActivityWatch, watchActivity } from '../container/activity.ts';
import { isBlocked } from '../container/blocked.ts';
import { type RunningContainer, startContainer } from '../container/running-container.ts';
import { commandArgv, commandTitle } from '../probes/exec/command.ts';
import { toExecAnswer } from '../probes/exec/index.ts';
import type { ProbeOf } from '../probes/probe.ts';
import { reachablePorts } from '../readiness/reachable-ports.ts';
import { attachOf } from './dependencies.ts';
import { commandProbes } from './probe-session.ts';
import { removeContainer } from './remove-container.ts';
import type { Session } from './session-model.ts';

export type ToolOutcome =
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** It goes on, as a worker does. */
  | { readonly kind: 'runs' }
  /** It serves, on ports that the image does not expose. */
  | { readonly kind: 'listens'; readonly ports: readonly number[] };

/** A command that has not ended after this long is taken for a worker, in which `--exec` commands are run. */
const toolWaitMs = 1500;
/** And one that has done nothing at all for this long. Should it end later all the same, its commands are run anew. */
const restMs = 500;
/** The same where all that it does is wait for others. */
const blockedRestMs = 60;
/** A worker that nothing exercises is watched this long. */
const idleWatchMs = 10_000;
const pollMs = 20;
/** Commands are independent of each other: each has a container of its own. */
const concurrency = 3;

/** Waits for the end of an application without ports; finds out when it listens all the same. */
export async function toolWorthWaiting(session: Session, running: RunningContainer): Promise<ToolOutcome> {
  const { progress, scenario, signal, stage } = session;
  const hasCommands = scenario.probes.some(({ kind }) => kind === 'exec');
  const watched = !hasCommands && (scenario.continueAfter === 'probe' || scenario.continueAfter === 'exec');
  const limitMs = watched ? Math.min(scenario.observeMs, idleWatchMs) : toolWaitMs;
  const wantsHttp =
    scenario.withoutPorts !== true &&
    scenario.probes.some(({ kind }) => kind !== 'exec') &&
    scenario.run.network !== 'host';
  const until = performance.now() + limitMs;
  const activity = watchActivity(running.hostPid);
  stage.update('waiting for its end');
  while (performance.now() < until) {
    const exitCode = running.exitCode();
    if (exitCode !== undefined) return { kind: 'ended', exitCode };
    const ports = wantsHttp && running.hostPid !== undefined ? await reachablePorts(running, []) : [];
    if (ports.length > 0) return { kind: 'listens', ports };
    if (!watched && isAtRest(activity, running.hostPid)) break;
    await Promise.race([delay(pollMs, undefined, { signal }), running.ended]);
  }
  if (watched) {
    progress.warn(
      `the application goes on, exposes no port and nothing exercises it: it was watched for ${limitMs / 1000} s. Pass --expose or --exec`,
    );
  }
  return { kind: 'runs' };
}

function isAtRest(activity: ActivityWatch, hostPid: number | undefined): boolean {
  const quietMs = activity.quietMs() ?? 0;
  if (quietMs < blockedRestMs || hostPid === undefined) return false;
  return quietMs >= restMs || isBlocked(hostPid);
}

/** The answers of a tool: its own end, then each command in a container of its own, the image's command line replaced. */
export async function runTool(
  session: Session,
  running: RunningContainer,
  exitCode: number,
): Promise<readonly Answer[]> {
  const pending = [...commandProbes(session).entries()].map(([index, probe]) => ({
    index,
    probe,
    position: session.log.beginProbe(commandTitle(probe.command)),
  }));
  const answers: Answer[] = [];
  const work = async () => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      session.stage.update(commandTitle(next.probe.command));
      answers[next.index] = await runAlone(session, next.probe, next.position);
    }
  };
  // All of them, also after a failure: each still has a container to remove.
  const results = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return [ownExit(running, exitCode), ...answers];
}

/** How the application ended, with all that it said. Its output must have ended. */
export function ownExit(running: RunningContainer, exitCode: number): Answer {
  return { kind: 'exit', exitCode, stdout: running.logs.text('stdout'), stderr: running.logs.text('stderr') };
}

async function runAlone(session: Session, probe: ProbeOf<'exec'>, position: number): Promise<Answer> {
  const { engine, launcher, scenario, signal } = session;
  const launched = await launcher.create(
    { argv: commandArgv(probe.command), ports: [], withExec: false, ...attachOf(session) },
    signal,
  );
  const started = performance.now();
  let running: RunningContainer;
  try {
    running = await startContainer(launched, engine.info, scenario.run.network === 'host', signal);
  } catch (error) {
    if (!(error instanceof PareError) || error.code !== 'container-exited') throw error;
    // As the sensor answers, and a shell: the program is not there.
    const stderr = new TextEncoder().encode(error.message);
    return toExecAnswer(
      probe,
      { exitCode: 127, stdout: new Uint8Array(), stderr },
      performance.now() - started,
    );
  }
  try {
    const exitCode = await endWithin(running, scenario.probeTimeoutMs, signal);
    const elapsedMs = performance.now() - started;
    // One probe from the beginning to the end: everything in this container was done for it.
    await launched.finish({ readyNs: 0n, probes: [{ startNs: 0n, position }] });
    if (exitCode === undefined) {
      const message = `did not end within ${scenario.probeTimeoutMs} ms`;
      return { kind: 'failed', probe: commandTitle(probe.command), port: undefined, message };
    }
    await running.logs.finished();
    const output = (stream: 'stdout' | 'stderr') => new TextEncoder().encode(running.logs.text(stream));
    return toExecAnswer(probe, { exitCode, stdout: output('stdout'), stderr: output('stderr') }, elapsedMs);
  } finally {
    await removeContainer(session, running);
  }
}

/** Undefined when it took too long. */
async function endWithin(
  running: RunningContainer,
  limitMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const finished = new AbortController();
  const outOfTime = delay(limitMs, undefined, { signal: AbortSignal.any([signal, finished.signal]) });
  outOfTime.catch(() => undefined);
  return Promise.race([running.ended, outOfTime]).finally(() => finished.abort());
}
