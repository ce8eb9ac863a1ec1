import type { ImageConfig } from '@pare/oci';
import type { Exercise } from '../model/observation.ts';
import type { Scenario } from '../model/scenario.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import { plainLauncher, type Restrictions } from './launcher.ts';
import { type PortPlan, planPorts } from './ports.ts';
import { runSession } from './session.ts';
import type { SessionResult } from './session-model.ts';

export interface ExerciseInput {
  readonly engine: ContainerEngine;
  /** ID or reference of the image to run. */
  readonly image: string;
  readonly config: ImageConfig;
  readonly scenario: Scenario;
  /** Undefined: what the engine gives any container. */
  readonly restrictions?: Restrictions;
  /**
   * TCP ports that the application must listen on to count as ready: those of `Observation.listening`, as a rule.
   * Undefined: as the scenario and the image's config say.
   */
  readonly expectPorts?: readonly number[];
  /** Whether to ask each GET a second time and mark what varies. */
  readonly askTwice?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Takes over the removal of the containers, which the caller must then await. Undefined: it is awaited here. */
  readonly deferCleanup?: (cleanup: Promise<void>) => void;
}

/**
 * Runs an image without the sensor, as a user would within the given rights, with the probes of the scenario. An
 * application that ends early or never becomes ready is a result with `failure`, not an error. Waits for no person:
 * `continueAfter` of enter, signal and timeout end with the probes.
 * Throws PareError of a failing engine, and the signal's reason when aborted.
 */
export async function exercise(input: ExerciseInput): Promise<Exercise> {
  const { expectPorts } = input;
  const planned = planPorts(input.config.config, input.scenario);
  const expected = expectPorts !== undefined && expectPorts.length > 0;
  const first = await exerciseOnce(input, expected ? { ports: expectPorts, required: true } : planned);
  const { unexposed } = first;
  const last =
    unexposed.length === 0 ? first : await exerciseOnce(input, { ports: unexposed, required: false });
  const { probes: _, unexposed: __, ...result } = last;
  return result;
}

function exerciseOnce(input: ExerciseInput, ports: PortPlan): Promise<SessionResult> {
  const { config, deferCleanup, engine, image, progress, restrictions, signal } = input;
  const scenario = withoutWaiting(input.scenario, ports.ports.length > 0);
  return runSession({
    engine,
    launcher: plainLauncher(engine, image, scenario, restrictions ?? {}),
    config,
    scenario,
    ports,
    askTwice: input.askTwice ?? false,
    progress,
    signal,
    ...(deferCleanup === undefined ? {} : { deferCleanup }),
  });
}

/** The end of a tool is its answer; that of a server was the user's doing and will not come again. */
function withoutWaiting(scenario: Scenario, serves: boolean): Scenario {
  return scenario.continueAfter === 'app-exit' && !serves
    ? scenario
    : { ...scenario, continueAfter: 'probe' };
}
