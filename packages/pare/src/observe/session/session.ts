import type { Answer, ExerciseFailure } from '../../model/observation.ts';
import { PareError } from '../../model/pare-error.ts';
import type { Scenario } from '../../model/scenario.ts';
import { type RunningContainer, startContainer } from '../container/running-container.ts';
import { type Ending, stopApplication } from '../container/stop.ts';
import { reachablePorts } from '../readiness/reachable-ports.ts';
import { awaitReadiness } from '../readiness/readiness.ts';
import { attachOf, withDependencies } from './dependencies.ts';
import { prepareProbes, runProbes } from './probe-session.ts';
import { removeContainer } from './remove-container.ts';
import type { Session, SessionInput, SessionResult } from './session-model.ts';
import { ownExit, runTool, toolWorthWaiting } from './tool-session.ts';
import { waitUntilDone } from './wait-until-done.ts';

/**
 * Starts the application, waits until it is ready, exercises it and stops it. An application that fails is a result
 * with `failure`; thrown are a failing engine, a probe that can never work, and the signal's reason when aborted.
 */
export async function runSession(input: SessionInput): Promise<SessionResult> {
  const stage = input.progress.stage('exercising the application');
  const session: Session = { ...input, stage };
  try {
    const result = await withDependencies(session, exerciseApplication);
    if (result.failure === undefined) stage.done(`${result.answers.length} answered`);
    else stage.failed(result.failure.message);
    return result;
  } catch (error) {
    stage.failed();
    throw error;
  }
}

async function exerciseApplication(session: Session): Promise<SessionResult> {
  const { log, ports, scenario, signal, stage } = session;
  const withExec =
    scenario.probes.some(({ kind }) => kind === 'exec') ||
    scenario.readiness?.kind === 'exec' ||
    session.config.config.Healthcheck !== undefined;
  const launched = await log.time('create', () =>
    session.launcher.create({ argv: undefined, ports: ports.ports, withExec, ...attachOf(session) }, signal),
  );
  const started = await log.time('start', () =>
    startOrExplain(() =>
      startContainer(launched, session.engine.info, scenario.run.network === 'host', signal),
    ),
  );
  if (started.kind === 'failed') return notStarted(session, started.failure);
  const { running } = started;
  session.onStarted?.();
  try {
    const { readiness: check, readinessTimeoutMs: timeoutMs } = scenario;
    if (ports.ports.length === 0 && check === undefined) return await withoutPorts(session, running);
    prepareProbes(scenario.probes);
    stage.update(
      check === undefined ? `waiting for port ${ports.ports.join(', ')}` : 'waiting until it is ready',
    );
    const readiness = await log.time('ready', () =>
      awaitReadiness(running, ports, { check, timeoutMs }, signal),
    );
    if (readiness.kind === 'not-ready')
      return await conclude(session, running, [], [], { failure: readiness.failure });
    if (readiness.kind === 'ended') {
      const failure = await endedEarly(running, readiness.exitCode, 'before it was ready');
      return await conclude(session, running, [], [], { failure });
    }
    nowReady(session, running);
    const answers = await log.time('probes', () => runProbes(session, running, readiness.ports));
    await waitUntilDone(session, running);
    const listening = await listeningPorts(running, readiness.ports, answers);
    return await conclude(session, running, answers, listening, {});
  } finally {
    await removeContainer(session, running);
  }
}

/** While it answers there is time to take in what it did before. */
function nowReady({ log }: Session, { launched }: RunningContainer): void {
  log.markReady();
  launched.takeAhead?.(log.marks());
}

/** What it listens on in the end. Where that cannot be seen: what it was ready with, and what answered. */
async function listeningPorts(
  running: RunningContainer,
  ready: readonly number[],
  answers: readonly Answer[],
): Promise<readonly number[]> {
  if (running.hostPid !== undefined && running.exitCode() === undefined)
    return reachablePorts(running, ready);
  const answered = answers.flatMap((answer) =>
    answer.kind === 'http' || answer.kind === 'exchange' ? [answer.port] : [],
  );
  return [...new Set([...ready, ...answered])].sort((a, b) => a - b);
}

type Start =
  | { readonly kind: 'started'; readonly running: RunningContainer }
  | { readonly kind: 'failed'; readonly failure: ExerciseFailure };

/** A program that is not in the image is the image's failure, not the engine's. */
async function startOrExplain(start: () => Promise<RunningContainer>): Promise<Start> {
  try {
    return { kind: 'started', running: await start() };
  } catch (error) {
    if (!(error instanceof PareError) || error.code !== 'container-exited') throw error;
    const { details, hint, message } = error;
    return { kind: 'failed', failure: { code: 'container-exited', message, hint, details } };
  }
}

function notStarted({ log }: Session, failure: ExerciseFailure): SessionResult {
  const nothing = { answers: [], listening: [], logTail: [], probes: [], unexposed: [] };
  return { ...nothing, exitCode: undefined, readyAfterMs: 0, failure, timings: log.timings() };
}

/** A command-line tool, or an application whose image does not say where it listens. */
async function withoutPorts(session: Session, running: RunningContainer): Promise<SessionResult> {
  const outcome = await session.log.time('wait', () => toolWorthWaiting(session, running));
  switch (outcome.kind) {
    case 'listens':
      return conclude(session, running, [], outcome.ports, { unexposed: outcome.ports });
    case 'ended': {
      await running.logs.finished();
      const answers = await session.log.time('probes', () => runTool(session, running, outcome.exitCode));
      const failure = toolFailure(session.scenario, outcome.exitCode, running);
      return conclude(session, running, answers, [], failure === undefined ? {} : { failure });
    }
    case 'runs': {
      nowReady(session, running);
      const answers = await session.log.time('probes', () => runProbes(session, running, []));
      await waitUntilDone(session, running);
      const exitCode = running.exitCode();
      if (exitCode === undefined)
        return conclude(session, running, answers, await reachablePorts(running, []), {});
      await running.logs.finished();
      if (session.scenario.continueAfter === 'app-exit') {
        return conclude(session, running, [ownExit(running, exitCode), ...answers], [], {});
      }
      // A tool that took longer than the wait and ended under its commands: they are asked again, each on its own.
      return conclude(session, running, await runTool(session, running, exitCode), [], {});
    }
  }
}

/** Ending at once with an error is only a proper end where the user said so, or gave commands to run instead. */
function toolFailure(
  scenario: Scenario,
  exitCode: number,
  running: RunningContainer,
): ExerciseFailure | undefined {
  const expected =
    scenario.continueAfter === 'app-exit' || scenario.probes.some(({ kind }) => kind === 'exec');
  if (exitCode === 0 || expected) return undefined;
  return {
    code: 'container-exited',
    message: `the application ended with exit code ${exitCode}`,
    hint: 'give it what it needs (-e, -v, --cmd), exercise it with --exec, or pass --continue-after app-exit when this is how it ends',
    details: running.logs.tail().slice(-10),
  };
}

async function endedEarly(
  running: RunningContainer,
  exitCode: number,
  when: string,
): Promise<ExerciseFailure> {
  await running.logs.finished();
  return {
    code: 'container-exited',
    message: `the application ended with exit code ${exitCode} ${when}`,
    hint: 'its last words are below; give it what it needs with the options of docker run (-e, -v, --cmd)',
    details: running.logs.tail().slice(-10),
  };
}

interface Conclusion {
  readonly failure?: ExerciseFailure;
  readonly unexposed?: readonly number[];
}

/** Stops the application, takes the sensor's record and makes the result. */
async function conclude(
  session: Session,
  running: RunningContainer,
  answers: readonly Answer[],
  listening: readonly number[],
  conclusion: Conclusion,
): Promise<SessionResult> {
  const { config, log, scenario, signal, stage } = session;
  session.onAnswered?.();
  let { failure } = conclusion;
  const early = running.exitCode();
  if (
    early !== undefined &&
    failure === undefined &&
    session.ports.ports.length > 0 &&
    scenario.continueAfter !== 'app-exit'
  ) {
    failure = await endedEarly(running, early, 'while it was exercised');
  }
  stage.update('stopping');
  const marks = log.marks();
  const ending: Ending =
    conclusion.unexposed === undefined && session.killAtOnce !== true
      ? await log.time('stop', () =>
          stopApplication(running, scenario.run.stopSignal ?? config.config.StopSignal, signal, {
            onWaiting: () => running.launched.takeAhead?.(marks),
          }),
        )
      : { kind: 'killed' };
  await log.time('record', () => running.launched.finish(marks));
  return {
    answers,
    listening,
    exitCode: ending.kind === 'ended' ? ending.exitCode : undefined,
    logTail: running.logs.tail(),
    readyAfterMs: log.readyAfterMs(),
    ...(failure === undefined ? {} : { failure }),
    timings: log.timings(),
    probes: log.titles(),
    ...(log.leftOut().length === 0 ? {} : { notProbed: log.leftOut() }),
    unexposed: conclusion.unexposed ?? [],
  };
}
