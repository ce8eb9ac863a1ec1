import type { LiveEvent } from '../model/live-event.ts';
import type { Observation } from '../model/observation.ts';
import type { Scenario } from '../model/scenario.ts';
import type { SensorOptions } from '../model/sensor-options.ts';
import { findUser } from '../observe/container/find-user.ts';
import { observe } from '../observe/observe.ts';
import type { CallerPorts } from './build-session.ts';
import { checkArchitecture, checkCommand } from './check-image.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';

export interface ObserveRequest {
  readonly reference: string;
  readonly engine: EngineChoice;
  readonly scenario: Scenario;
  /** How the sensor is started where that is not to be as usual. */
  readonly sensorOptions?: Partial<SensorOptions>;
  /** Observes an image that starts only a shell too. */
  readonly force: boolean;
  /** For an image that may fail: what it did until then is the result. */
  readonly tolerateFailure?: boolean;
}

/**
 * Runs an image under the sensor, exercises it and says what it used. Nothing of the run stays. `onLive` is told of each use while it
 * is seen, where the engine is on this machine. Throws PareError as `pare build` does until it has observed.
 */
export async function observeImage(
  input: ObserveRequest,
  ports: CallerPorts & { readonly onLive?: (event: LiveEvent) => void },
): Promise<Observation> {
  const { progress, signal, onLive, waitForContinue } = ports;
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, signal);
  const facts = await engine.inspectImage(input.reference, signal);
  checkArchitecture(facts, engine.info, input.reference);
  await using image = await engine.openImage(input.reference, signal);
  checkCommand(image.config, input.scenario, input.reference, input.force);
  if (onLive !== undefined && !engine.info.local)
    progress.warn('the engine is on another machine: what is seen can only be told at the end');
  return await observe({
    engine,
    image: facts,
    reference: input.reference,
    config: image.config,
    user: await findUser(image, input.scenario.run, signal),
    scenario: input.scenario,
    sensor: locateSensorFor(engine.info.architecture),
    sensorOptions: input.sensorOptions ?? {},
    temporaryDirectory: run.directory,
    progress,
    signal,
    tolerateFailure: input.tolerateFailure ?? false,
    ...(waitForContinue === undefined ? {} : { waitForContinue }),
    ...(onLive === undefined ? {} : { onLive }),
  });
}
