import type { ImageConfig } from '@pare/oci';
import type { Exercise, NamedExercise } from '../model/observation.ts';
import type { Scenario } from '../model/scenario.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import { plainLauncher, type Restrictions } from './container/launcher.ts';
import { type PortPlan, planPorts } from './readiness/ports.ts';
import { runSession } from './session/session.ts';
import { createSessionLog } from './session/session-log.ts';
import type { SessionResult } from './session/session-model.ts';

/** The kernel gives out ports from here on (ip_local_port_range). */
const firstEphemeralPort = 32_768;

export interface ExerciseInput {
  readonly engine: ContainerEngine;
  /** ID or reference of the image to run. */
  readonly image: string;
  readonly config: ImageConfig;
  readonly scenario: Scenario;
  /** Undefined: what the engine gives any container. */
  readonly restrictions?: Restrictions;
  /**
   * TCP ports that the fat image was found listening on (`Observation.listening`): of those that are exposed, each
   * must be listened on for the application to count as ready. Undefined: as the scenario and the config say.
   */
  readonly expectPorts?: readonly number[];
  /** What the further runs of the scenario were like on the fat image, for their ports and their ends. */
  readonly expectRuns?: readonly NamedExercise[];
  /** Whether to kill the application at the end instead of stopping it: where its exit code is of no interest. */
  readonly killAtOnce?: boolean;
  /** Whether to ask each GET a second time and mark what varies. */
  readonly askTwice?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Takes over the removal of the containers, which the caller must then await. Undefined: it is awaited here. */
  readonly deferCleanup?: (cleanup: Promise<void>) => void;
  /** Called once the engine has started the application. */
  readonly onStarted?: () => void;
}

/**
 * Runs an image without the sensor, as a user would within the given rights, with the probes of the scenario. An
 * application that ends early or never becomes ready is a result with `failure`, not an error. Waits for no person:
 * `continueAfter` of enter, signal and timeout end with the probes.
 * Throws PareError of a failing engine, and the signal's reason when aborted.
 */
export async function exercise(input: ExerciseInput): Promise<Exercise> {
  try {
    return await exerciseAll(input);
  } catch (error) {
    // A wait of Node's own throws an AbortError of its own.
    throw input.signal.aborted ? input.signal.reason : error;
  }
}

/** The first run, then each further one of the scenario in a container of its own. */
async function exerciseAll(input: ExerciseInput): Promise<Exercise> {
  const first = await exerciseRun(input);
  const runs: NamedExercise[] = [];
  for (const { name, scenario } of input.scenario.runs ?? []) {
    const fat = input.expectRuns?.find((one) => one.name === name)?.exercise;
    const exercise = await exerciseRun({
      ...input,
      scenario,
      ...(fat === undefined ? {} : { expectPorts: fat.listening, killAtOnce: fat.exitCode === undefined }),
    });
    runs.push({ name, exercise });
  }
  return runs.length === 0 ? first : { ...first, runs };
}

async function exerciseRun(input: ExerciseInput): Promise<Exercise> {
  const first = await exerciseOnce(input, expectedPorts(input));
  const { unexposed } = first;
  const last =
    unexposed.length === 0 ? first : await exerciseOnce(input, { ports: unexposed, required: false });
  const { probes: _, unexposed: __, ...result } = last;
  return result;
}

/** Of what the fat image listened on, only what is exposed, or at least fixed, can be waited for. */
function expectedPorts({ config, expectPorts = [], scenario }: ExerciseInput): PortPlan {
  const planned = planPorts(config.config, scenario);
  const awaited = planned.awaited === undefined ? {} : { awaited: planned.awaited };
  const expected = expectPorts.filter((port) =>
    planned.ports.length > 0 ? planned.ports.includes(port) : port < firstEphemeralPort,
  );
  return expected.length > 0 ? { ports: expected, required: true, ...awaited } : planned;
}

function exerciseOnce(input: ExerciseInput, ports: PortPlan): Promise<SessionResult> {
  const { config, deferCleanup, engine, image, onStarted, progress, restrictions, signal } = input;
  const scenario = withoutWaiting(input.scenario, ports.ports.length > 0);
  return runSession({
    engine,
    launcher: plainLauncher(engine, image, scenario, restrictions ?? {}),
    config,
    scenario,
    ports,
    askTwice: input.askTwice ?? false,
    killAtOnce: input.killAtOnce ?? false,
    log: createSessionLog(),
    progress,
    signal,
    ...(deferCleanup === undefined ? {} : { deferCleanup }),
    ...(onStarted === undefined ? {} : { onStarted }),
  });
}

/** The end of a tool is its answer; that of a server was the user's doing and will not come again. */
function withoutWaiting(scenario: Scenario, serves: boolean): Scenario {
  return scenario.continueAfter === 'app-exit' && !serves
    ? scenario
    : { ...scenario, continueAfter: 'probe' };
}
