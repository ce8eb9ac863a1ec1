import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath, type ImageConfig } from '@pare/oci';
import type { SensorBinary } from '@pare/sensor';
import { answerTitle } from '../model/answer-title.ts';
import type { ApplicationUser } from '../model/application-user.ts';
import type { LiveEvent } from '../model/live-event.ts';
import type { Answer, HttpAnswer, Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { Scenario } from '../model/scenario.ts';
import type { SensorOptions } from '../model/sensor-options.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import { limitNotes } from './container/limit-notes.ts';
import { type NamedObservation, uniteObservations } from './facts/unite-observations.ts';
import { observationOf } from './observation-of.ts';
import { type PortPlan, planPorts } from './readiness/ports.ts';
import { liveEvents } from './sensor/live-events.ts';
import { usualSensorOptions } from './sensor/sensor-arguments.ts';
import { sensorFirstIfKilled } from './sensor/sensor-layout.ts';
import { type Trace, tracedLauncher } from './sensor/traced-launcher.ts';
import { runSession } from './session/session.ts';
import { createSessionLog } from './session/session-log.ts';
import type { SessionResult } from './session/session-model.ts';

export interface ObserveInput {
  readonly engine: ContainerEngine;
  readonly image: ImageFacts;
  /** What the user called it; undefined: its first tag, or its ID. */
  readonly reference?: string;
  readonly config: ImageConfig;
  /** What `findUser` says of the image. */
  readonly user: ApplicationUser | undefined;
  readonly scenario: Scenario;
  readonly sensor: SensorBinary;
  /** How the sensor is started where that is not to be as usual. */
  readonly sensorOptions?: Partial<SensorOptions>;
  readonly temporaryDirectory: HostPath;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** For `continueAfter` enter and signal: resolves when the user says so. */
  readonly waitForContinue?: (signal: AbortSignal) => Promise<void>;
  /** Is told whenever the application's container was started. */
  readonly onStarted?: () => void;
  /** Is told whenever nothing more is asked of the application. */
  readonly onAnswered?: () => void;
  /** For an image that is known to fail, to see on what: its failure is then part of the observation, and none is thrown. */
  readonly tolerateFailure?: boolean;
  /** Is told what is seen while it is seen; never called where the engine is on another machine. */
  readonly onLive?: (event: LiveEvent) => void;
  /** Takes over the removal of the containers, which the caller must then await. Undefined: it is awaited here. */
  readonly deferCleanup?: (cleanup: Promise<void>) => void;
}

/**
 * Runs the fat image with the sensor as its launcher, exercises it, and says what it used.
 * An image that exposes no port but was found listening is run once more with what it listens on published.
 * Throws PareError `container-exited`, `container-not-ready`, `probe-failed` (it answers a first `GET /` with a server
 * error, or what the scenario does not expect), `observation-failed` (the sensor did not work), those of the engine, and the signal's reason when aborted.
 */
export async function observe(input: ObserveInput): Promise<Observation> {
  const directory = hostPath(await mkdtemp(join(input.temporaryDirectory, 'observe-')));
  const removals: Promise<void>[] = [];
  const deferCleanup = (removal: Promise<void>) => {
    // It is looked at in the end; until then its failure must not count as unhandled.
    removal.catch(() => undefined);
    removals.push(removal);
  };
  try {
    return await observeIn(directory, { ...input, deferCleanup });
  } catch (error) {
    // A wait of Node's own throws an AbortError of its own.
    throw input.signal.aborted ? input.signal.reason : error;
  } finally {
    const cleanup = cleanUp(removals, directory);
    if (input.deferCleanup === undefined) await cleanup;
    else input.deferCleanup(cleanup);
  }
}

/** Waits for the containers, which write into the directory, before it removes that. Throws the first failure. */
async function cleanUp(removals: readonly Promise<void>[], directory: HostPath): Promise<void> {
  const settled = await Promise.allSettled(removals);
  await rm(directory, { recursive: true, force: true });
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** The first run, then each further one of the scenario; what they used is united. */
async function observeIn(directory: HostPath, input: ObserveInput): Promise<Observation> {
  const first = await observeRun(directory, input);
  const others: NamedObservation[] = [];
  for (const { name, scenario } of input.scenario.runs ?? []) {
    input.progress.note(`observing the run ${name}`);
    others.push({ name, observation: await observeRun(directory, { ...input, scenario }, name) });
  }
  return uniteObservations(first, others);
}

async function observeRun(directory: HostPath, input: ObserveInput, run?: string): Promise<Observation> {
  const reference = input.reference ?? input.image.tags[0] ?? input.image.id;
  const called = run === undefined ? reference : `${reference}, run ${run}`;
  const { result, traces } = await sensorFirstIfKilled(input, async (sensorOptions) => {
    const asked = { ...input, sensorOptions };
    const observed = await observeOnce(directory, asked, planPorts(input.config.config, input.scenario));
    return retryExposed(directory, asked, observed);
  });
  refuseUnobserved(result, traces, called);
  if (input.tolerateFailure !== true) {
    refuseFailure(result, called);
    refuseUnmet(result, called);
    refuseServerError(result, called);
  }
  return observationOf({
    result,
    traces,
    image: { reference, id: input.image.id },
    local: input.engine.info.local,
    notes: limitNotes(input.engine.info, input.scenario.run),
    privileges: input.sensorOptions?.privileges ?? 'full',
  });
}

interface ObservedRun {
  readonly result: SessionResult;
  readonly traces: readonly Trace[];
}

async function observeOnce(directory: HostPath, input: ObserveInput, ports: PortPlan): Promise<ObservedRun> {
  const { config, engine, image, scenario, sensor, user } = input;
  const log = createSessionLog();
  const launcher = tracedLauncher({
    engine,
    image: image.id,
    config: config.config,
    scenario,
    sensor,
    user,
    options: { ...usualSensorOptions, ...input.sensorOptions },
    directory: hostPath(await mkdtemp(join(directory, 'run-'))),
    ...(input.onLive === undefined ? {} : { onRecord: liveEvents(input.onLive) }),
  });
  const { deferCleanup, onAnswered, onStarted, progress, signal, waitForContinue } = input;
  const result = await runSession({
    engine,
    launcher,
    config,
    scenario,
    ports,
    askTwice: true,
    countsSteps: true,
    log,
    progress,
    signal,
    ...(waitForContinue === undefined ? {} : { waitForContinue }),
    ...(onStarted === undefined ? {} : { onStarted }),
    ...(onAnswered === undefined ? {} : { onAnswered }),
    ...(deferCleanup === undefined ? {} : { deferCleanup }),
  });
  return { result, traces: launcher.traces() };
}

async function retryExposed(
  directory: HostPath,
  input: ObserveInput,
  run: ObservedRun,
): Promise<ObservedRun> {
  const { unexposed } = run.result;
  if (unexposed.length === 0) return run;
  input.progress.note(
    `the image exposes no port, but listens on ${unexposed.join(', ')}: running it again with that published`,
  );
  return observeOnce(directory, input, { ports: unexposed, required: false });
}

/** Without the sensor's greeting nothing was seen, whatever the application did. */
function refuseUnobserved(
  { failure, logTail }: SessionResult,
  traces: readonly Trace[],
  reference: string,
): void {
  if (traces.some(({ record }) => record.length > 0)) return;
  throw new PareError('observation-failed', `the sensor could not be started in ${reference}`, {
    hint: 'see its last words below; the engine must allow added capabilities and the seccomp system call',
    details: failure?.details ?? logTail.slice(-10),
  });
}

function refuseFailure({ failure }: SessionResult, reference: string): void {
  if (failure === undefined) return;
  throw new PareError(failure.code, `${reference}: ${failure.message}`, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    details: failure.details,
  });
}

/** A scenario that the fat image does not meet says nothing about the slim one. */
function refuseUnmet({ answers, logTail }: SessionResult, reference: string): void {
  const unmet = answers.filter((answer) => answer.kind !== 'exit' && (answer.unmet ?? []).length > 0);
  const [first] = unmet;
  if (first === undefined || first.kind === 'exit') return;
  const more = unmet.length === 1 ? '' : `, and ${unmet.length - 1} more`;
  throw new PareError(
    'probe-failed',
    `${reference} does not answer as the scenario expects: ${answerTitle(first)}: ${first.unmet?.join('; ')}${more}`,
    {
      hint: 'the answer is below; correct the expectation, or give the application what it lacks',
      details: [...excerptOf(first), ...logTail.slice(-10)],
    },
  );
}

const excerptLines = 20;

function excerptOf(answer: Answer): readonly string[] {
  const text = (): string => {
    switch (answer.kind) {
      case 'http':
        return `${answer.status}\n${answer.bodyText ?? `${answer.bodySizeBytes} bytes that are no text`}`;
      case 'exec':
      case 'exit':
        return `${answer.stdout}\n${answer.stderr}`;
      case 'exchange':
        return [answer.outcome, ...answer.received].join('\n');
      case 'failed':
        return '';
    }
  };
  const lines = text()
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(0, excerptLines).map((line) => line.slice(0, 200));
}

/** Slimming by what an image does while it fails would keep what it needs to fail. */
function refuseServerError({ answers, logTail }: SessionResult, reference: string): void {
  const ports = new Set<number>();
  for (const answer of answers) {
    if (answer.kind !== 'http' || ports.has(answer.port)) continue;
    ports.add(answer.port);
    if (answer.status >= 500) throw serverError(answer, logTail, reference);
  }
}

function serverError(answer: HttpAnswer, logTail: readonly string[], reference: string): PareError {
  const body = answer.bodyText?.trim().replace(/\s+/g, ' ').slice(0, 300) ?? '';
  return new PareError(
    'probe-failed',
    `${reference} answers ${answer.status} to ${answer.method} ${answer.url}`,
    {
      hint: 'give the application what it lacks (-e, -v, --link, --network), so that it answers as it should',
      details: [...(body === '' ? [] : [body]), ...logTail.slice(-10)],
    },
  );
}
