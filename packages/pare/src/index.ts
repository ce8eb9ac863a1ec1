export { PareError, type PareErrorCode } from './model/pare-error.ts';
export type { KeepLevel, ReductionPlan } from './model/reduction-plan.ts';
export type { RunReport } from './model/run-report.ts';
export type { Probe, RunOptions, Scenario } from './model/scenario.ts';
export { type BuildResult, buildSlimImage } from './pipeline/build.ts';
export type { BuildInput, CallerPorts } from './pipeline/build-session.ts';
export type { EngineChoice } from './pipeline/connect-engine.ts';
export { inspectImage } from './pipeline/inspect.ts';
export type { Progress, Stage } from './ports/progress.ts';
