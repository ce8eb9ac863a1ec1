import type { ImageSource } from '../model/image-place.ts';
import type { LiveEvent } from '../model/live-event.ts';
import type { Observation } from '../model/observation.ts';
import type { Scenario } from '../model/scenario.ts';
import type { SensorOptions } from '../model/sensor-options.ts';
import { findUser } from '../observe/container/find-user.ts';
import { observe } from '../observe/observe.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import type { CallerPorts } from './build-session.ts';
import { checkCommand } from './check-image.ts';
import { checkRunOptions } from './check-run-options.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';

export interface ObserveRequest {
  /** What the user calls the image. */
  readonly reference: string;
  /** Where it is; the engine's image of that name where it is left out. */
  readonly source?: ImageSource;
  /** How registries are reached. */
  readonly access?: RegistryAccess;
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
  const { source = { kind: 'named', reference: input.reference }, access = { insecureHosts: [] } } = input;
  await using run = await openRun();
  await using engine = await connectEngine(engineFor(source, input.engine), run, signal);
  await checkRunOptions(engine, input.scenario, signal);
  engine.expectContainers?.(1);
  const context = { source, choice: input.engine, access, run, ports: { progress, signal } };
  await using acquired = await acquireImage(engine, context);
  const { facts, image } = acquired;
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
