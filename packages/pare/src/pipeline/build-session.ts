import type { FileTree, Image } from '@pare/oci';
import type { SensorBinary } from '@pare/sensor';
import type { Analysis } from '../analyze/analysis.ts';
import type { ApplicationUser } from '../model/application-user.ts';
import type { ImageSink, ImageSource } from '../model/image-place.ts';
import type { Observation } from '../model/observation.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { Scenario } from '../model/scenario.ts';
import type { SensorOptions } from '../model/sensor-options.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import type { Planner } from '../plan/planner.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import type { ArtifactsChoice } from './artifacts-place.ts';
import type { Cleanup } from './cleanup.ts';
import type { EngineChoice } from './connect-engine.ts';
import type { ImageMemories } from './image-memories.ts';
import type { PlanMemory } from './plan-memory.ts';
import type { RunContext } from './run-context.ts';
import type { SavedObservation } from './saved-observations.ts';
import type { StageAhead } from './stage-ahead.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What `pare build` is asked for. */
export interface BuildInput {
  /** What the user calls the image. */
  readonly reference: string;
  /** Where it is; the engine's image of that name where it is left out. */
  readonly source?: ImageSource;
  /** Where the slim image goes beside `tags`. With sinks and no tags it is not tagged. */
  readonly sinks?: readonly ImageSink[];
  /** How registries are reached. */
  readonly access?: RegistryAccess;
  readonly engine: EngineChoice;
  readonly scenario: Scenario;
  /** How the sensor is started where that is not to be as usual. */
  readonly sensorOptions?: Partial<SensorOptions>;
  readonly level: KeepLevel;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Names of the slim image; none: named after the fat one. */
  readonly tags: readonly string[];
  readonly force: boolean;
  /** How often what verification found missing is put back, at most. */
  readonly repairRounds: number;
  readonly artifacts: ArtifactsChoice;
  /** What saved observations saw the image use; it is then not observed unless `observeToo` is set. */
  readonly observations?: readonly SavedObservation[];
  readonly observeToo?: boolean;
  /** For tests of repairing: paths that a plan leaves out, as one does that overlooks them, until they are put back themselves. */
  readonly overlook?: readonly string[];
}

/** What a long-running command is given by whoever calls it. */
export interface CallerPorts {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Resolves when the user says that the observation is over. */
  readonly waitForContinue?: (signal: AbortSignal) => Promise<void>;
}

/** Everything about the fat image and the run that the making of a slim image needs. */
export interface BuildSession {
  readonly input: BuildInput;
  readonly ports: CallerPorts;
  readonly run: RunContext;
  readonly engine: ContainerEngine;
  readonly watch: Stopwatch;
  readonly cleanup: Cleanup;
  readonly ahead: StageAhead;
  readonly sensor: SensorBinary;
  readonly image: Image;
  /** Who the application runs as; undefined: root. */
  readonly user: ApplicationUser | undefined;
  readonly facts: ImageFacts;
  readonly memories: ImageMemories;
  readonly tree: FileTree;
  readonly analysis: Analysis;
  /** What plans the image with nothing observed. */
  readonly unobserved: Planner;
  /** What the build before left of what is known whatever is observed; undefined where it was nothing that fits. */
  readonly recalledPlan: PlanMemory | undefined;
  readonly observation: Observation;
  readonly planInput: Omit<PlanInput, 'putBack'>;
}
