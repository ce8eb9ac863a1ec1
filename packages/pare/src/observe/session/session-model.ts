import type { ImageConfig } from '@pare/oci';
import type { Exercise } from '../../model/observation.ts';
import type { Scenario } from '../../model/scenario.ts';
import type { ContainerEngine, ContainerSpec } from '../../ports/container-engine.ts';
import type { Progress, Stage } from '../../ports/progress.ts';
import type { Launcher } from '../container/launcher.ts';
import type { PortPlan } from '../readiness/ports.ts';
import type { SessionLog } from './session-log.ts';

/** What a session with the application is made of; `observe` and `exercise` differ in these alone. */
export interface SessionInput {
  readonly engine: ContainerEngine;
  readonly launcher: Launcher;
  readonly config: ImageConfig;
  readonly scenario: Scenario;
  readonly ports: PortPlan;
  /** Whether to ask each GET a second time, to learn what of its answer varies. */
  readonly askTwice: boolean;
  /** Whether to kill the application at the end instead of stopping it. */
  readonly killAtOnce?: boolean;
  readonly log: SessionLog;
  /** Whether somebody counts which part of a probe was the first to use a file; as an observation does. */
  readonly countsSteps?: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly waitForContinue?: (signal: AbortSignal) => Promise<void>;
  /** Is told when the application's container was started. */
  readonly onStarted?: () => void;
  /** Is told when nothing more is asked of it: what comes next may be begun while it ends. */
  readonly onAnswered?: () => void;
  /** Takes over the removal of containers that nothing waits for any more. */
  readonly deferCleanup?: (cleanup: Promise<void>) => void;
}

export interface SessionResult extends Exercise {
  /** Titles in the order in which the probes began. */
  readonly probes: readonly string[];
  /** Set when the image exposes no port and the application was found listening on these. */
  readonly unexposed: readonly number[];
}

/** Everything that the parts of one session share. */
export interface Session extends SessionInput {
  readonly stage: Stage;
  /** The network on which the dependencies are; undefined: there are none. */
  readonly attach?: NonNullable<ContainerSpec['attach']>;
}
