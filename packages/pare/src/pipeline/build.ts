import type { FileTree, HostPath, Image } from '@pare/oci';
import { buildFileTree } from '@pare/oci';
import { createAnalysis } from '../analyze/analysis.ts';
import { hardenImage } from '../harden/harden.ts';
import type { Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { ImageSummary, RunReport } from '../model/run-report.ts';
import type { Scenario } from '../model/scenario.ts';
import { pareVersion } from '../model/version.ts';
import { observe } from '../observe/observe.ts';
import type { ContainerEngine, ImageFacts } from '../ports/container-engine.ts';
import type { Progress } from '../ports/progress.ts';
import { type ArtifactsChoice, writeArtifacts } from './artifacts.ts';
import { checkArchitecture, checkCommand } from './check-image.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { checkImageName, slimName } from './image-name.ts';
import { inParallel } from './in-parallel.ts';
import { openRun, type RunContext } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';
import { startStopwatch } from './stopwatch.ts';
import { verifyAndRepair } from './verify-and-repair.ts';

/** What `pare build` is asked for. */
export interface BuildInput {
  readonly reference: string;
  readonly engine: EngineChoice;
  readonly scenario: Scenario;
  readonly level: KeepLevel;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Names of the slim image; none: named after the fat one. */
  readonly tags: readonly string[];
  readonly force: boolean;
  /** How often what verification found missing is put back, at most. */
  readonly repairRounds: number;
  readonly artifacts: ArtifactsChoice;
}

/** What a long-running command is given by whoever calls it. */
export interface CallerPorts {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Resolves when the user says that the observation is over. */
  readonly waitForContinue?: (signal: AbortSignal) => Promise<void>;
}

export interface BuildResult {
  readonly report: RunReport;
  /** Where the artifacts are; undefined when none were wanted. */
  readonly artifacts: HostPath | undefined;
}

/**
 * Makes a slim image of `reference`, proves that it answers as the fat one does, and only then tags it. A failed
 * verification is not thrown: it is the report's verdict, and nothing is tagged. Everything made on the way is removed,
 * whatever ends the run. Throws PareError.
 */
export async function buildSlimImage(input: BuildInput, ports: CallerPorts): Promise<BuildResult> {
  for (const tag of input.tags) checkImageName(tag);
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, ports.signal);
  const report = await buildOn(engine, run, input, ports);
  const artifacts = await writeArtifacts(report, input.artifacts);
  return { report, artifacts };
}

async function buildOn(
  engine: ContainerEngine,
  run: RunContext,
  input: BuildInput,
  ports: CallerPorts,
): Promise<RunReport> {
  const watch = startStopwatch(ports.progress);
  const facts = await engine.inspectImage(input.reference, ports.signal);
  checkArchitecture(facts, engine.info, input.reference);
  const tags = input.tags.length > 0 ? input.tags : [slimName(input.reference, facts.tags)];
  await using image = await engine.openImage(input.reference, ports.signal);
  checkCommand(image.config, input.scenario, input.reference, input.force);
  const sensor = await locateSensorFor(engine.info.architecture);

  const [{ tree, analysis, packages }, observation] = await inParallel(ports.signal, [
    (signal) =>
      watch.time(
        'read',
        'reading the image',
        () => readImage(image, run, signal),
        ({ tree }) => `${tree.size} files`,
      ),
    (signal) =>
      watch.time(
        'observe',
        'observing the application',
        () =>
          observe({
            engine,
            image: facts,
            config: image.config,
            scenario: input.scenario,
            sensor,
            temporaryDirectory: run.directory,
            progress: ports.progress,
            signal,
            ...(ports.waitForContinue === undefined ? {} : { waitForContinue: ports.waitForContinue }),
          }),
        summarizeObservation,
      ),
  ]);

  const outcome = await verifyAndRepair({
    engine,
    run,
    image,
    facts,
    tree,
    analysis,
    packages,
    observation,
    sensor,
    watch,
    input,
    ports,
  });
  if (outcome.verdict.passed) {
    for (const tag of tags) await engine.tagImage(outcome.imageId, tag, ports.signal);
  }
  const fat = summarize(image, facts, tree);
  return {
    schema: 'pare.report/1',
    pareVersion,
    engine: engine.info,
    fat,
    slim: outcome.verdict.passed ? outcome.slim : undefined,
    tags: outcome.verdict.passed ? tags : [],
    observation,
    packages: packages.packages.map(({ id, ecosystem, name, version }) => ({ id, ecosystem, name, version })),
    plan: outcome.plan,
    hardening: outcome.hardening,
    verdict: outcome.verdict,
    repairRounds: outcome.rounds,
    timings: watch.timings(),
    totalMs: watch.elapsedMs(),
  };
}
