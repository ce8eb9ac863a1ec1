import { buildFileTree, type FileTree, type HostPath, type Image, type ImagePath } from '@pare/oci';
import { type Analysis, type AnalysisMemory, createAnalysis } from '../analyze/analysis.ts';
import { configRoots } from '../analyze/config/config-roots.ts';
import { archivedLocales } from '../analyze/locales/archived-locales.ts';
import { createTurns, inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { Package } from '../model/package.ts';
import type { ImageSummary, RunReport } from '../model/run-report.ts';
import { pareVersion } from '../model/version.ts';
import { findUser } from '../observe/container/find-user.ts';
import { surveyImage } from '../plan/survey.ts';
import { formatItems } from '../report/format.ts';
import { estimateRisk } from '../verify/risk/estimate-risk.ts';
import { aborted } from './aborted.ts';
import { acquireImage, engineFor } from './acquire-image.ts';
import { openAnalysisMemories, ownCodeIdentity } from './analysis-memory.ts';
import { writeArtifacts } from './artifacts.ts';
import type { BuildInput, BuildSession, CallerPorts } from './build-session.ts';
import { checkCommand } from './check-image.ts';
import { checkRunOptions } from './check-run-options.ts';
import { openCleanup } from './cleanup.ts';
import { connectEngine } from './connect-engine.ts';
import { checkSinks, deliverImage, slimImageOf, tagsAmong } from './deliver-image.ts';
import { holdOut } from './hold-out.ts';
import { checkImageName, slimName } from './image-name.ts';
import { inParallel } from './in-parallel.ts';
import { observeFat, summarizeObservation } from './observe-fat.ts';
import { planAhead } from './plan-ahead.ts';
import { openRun } from './run-context.ts';
import { locateSensorFor } from './sensor.ts';
import { openStageAhead } from './stage-ahead.ts';
import { startStopwatch } from './stopwatch.ts';
import { type VerifiedOutcome, verifyAndRepair } from './verify-and-repair.ts';
import { discardSlimImage, slimPartsOf } from './write-slim-image.ts';

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
  const {
    sinks = [],
    access = { insecureHosts: [] },
    source = { kind: 'named', reference: input.reference },
  } = input;
  for (const tag of input.tags) checkImageName(tag);
  await checkSinks(sinks);
  await using run = await openRun();
  await using engine = await connectEngine(
    engineFor(source, input.engine),
    run,
    ports.signal,
    ports.progress,
  );
  await checkRunOptions(engine, input.scenario, ports.signal);
  const watch = startStopwatch(ports.progress);
  await using acquired = await acquireImage(engine, { source, choice: input.engine, access, run, ports });
  // Disposed of after the removals that `cleanup` waits for.
  await using ahead = openStageAhead(engine);
  await using cleanup = openCleanup();
  const { image, facts } = acquired;
  const named = [...input.tags, ...tagsAmong(sinks, engine)];
  const unnamed = named.length === 0 && sinks.length === 0;
  const tags = unnamed ? [slimName(acquired.name ?? input.reference, facts.tags)] : named;
  checkCommand(image.config, input.scenario, input.reference, input.force);
  const sensor = locateSensorFor(engine.info.architecture);
  const user = await findUser(image, input.scenario.run, ports.signal);
  const base = { input, ports, run, engine, watch, cleanup, ahead, sensor, image, user, facts };

  const memories = openAnalysisMemories(run.cacheDirectory, await ownCodeIdentity());

  const observed = new AbortController();
  const started = new AbortController();
  // What goes on beside the observation must not keep it waiting.
  const turn = createTurns(() => !observed.signal.aborted);
  // The engine is asked first: reading keeps this thread busy while it works.
  const [observation, { read, knownInput }] = await inParallel(ports.signal, [
    async (signal) => {
      const seen = await watch
        .time(
          'observe',
          'observing the application',
          () => observeFat({ ...base, signal, onStarted: () => started.abort() }),
          summarizeObservation,
        )
        .finally(() => started.abort());
      observed.abort();
      return seen;
    },
    async (signal) => {
      // An engine without a daemon needs this thread for every step of the start; another works meanwhile.
      if (engine.info.kind === 'embedded') await aborted(started.signal);
      const read = await watch.time(
        'read',
        'reading the image',
        async () => readImage(image, await memories.recall(facts.id), { signal, turn }),
        summarizeRead,
      );
      const knownInput = await planInputOf(input, image, read, {
        configRoots: await configRoots(read.tree, image.config),
        archivedLocales: await archivedLocales(read.tree, image.config),
        signal,
        turn,
      });
      const until = AbortSignal.any([signal, observed.signal]);
      const plan = await planAhead(knownInput, read.analysis, { turn, until });
      if (plan !== undefined) await ahead.stage(slimPartsOf({ image, ...read }, plan), { signal, turn });
      return { read, knownInput };
    },
  ]);
  const session: BuildSession = { ...base, ...read, observation, planInput: { ...knownInput, observation } };

  const outcome = await verifyAndRepair(session);
  cleanup.defer(cleanup.settled().then(() => ahead[Symbol.asyncDispose]()));
  await memories.keep(facts.id, session.analysis);
  if (outcome.verdict.compared === 0) {
    ports.progress.warn(
      'nothing was compared: no probe was answered, so that the slim image starts is all that is known',
    );
  }
  const report = await conclude(session, read.packages, outcome, outcome.verdict.passed ? tags : []);
  const artifacts = await writeArtifacts(report, input.artifacts, outcome.description);
  return { report, artifacts };
}

interface ReadImage {
  readonly tree: FileTree;
  readonly analysis: Analysis;
  readonly packages: readonly Package[];
}

async function readImage(
  image: Image,
  memory: AnalysisMemory | undefined,
  { signal, turn }: { readonly signal: AbortSignal; readonly turn: Turn },
): Promise<ReadImage> {
  const tree = await buildFileTree(image, { signal, turn });
  await turn();
  const analysis = createAnalysis(tree, image.config, { signal, memory });
  const { packages } = await analysis.packages(turn);
  return { tree, analysis, packages };
}

function summarizeRead({ tree, packages }: ReadImage): string {
  return `${formatItems(tree.size, 'path')}, ${formatItems(packages.length, 'package')}`;
}

async function planInputOf(
  input: BuildInput,
  image: Image,
  { tree, packages }: ReadImage,
  known: Pick<BuildSession['planInput'], 'configRoots'> & {
    readonly archivedLocales: readonly string[] | undefined;
    readonly signal: AbortSignal;
    readonly turn: Turn;
  },
): Promise<Omit<BuildSession['planInput'], 'observation'>> {
  const { config } = image;
  const locales = known.archivedLocales === undefined ? {} : { archivedLocales: known.archivedLocales };
  return {
    tree,
    config,
    configRoots: known.configRoots,
    ...locales,
    packages,
    survey: await inTurns(surveyImage({ tree, config, packages, ...locales }), known.turn, known.signal),
    level: input.level,
    include: [...input.include, ...(input.scenario.rules?.include ?? [])],
    exclude: [...input.exclude, ...(input.scenario.rules?.exclude ?? [])],
    ...(input.scenario.rules === undefined ? {} : { packageRules: input.scenario.rules }),
  };
}

/** Tags the image that passed and sums up; when tagging fails, nothing of it stays. */
async function conclude(
  session: BuildSession,
  packages: readonly Package[],
  outcome: VerifiedOutcome,
  tags: readonly string[],
): Promise<RunReport> {
  const { engine, ports, image, facts, tree, watch } = session;
  const { passed } = outcome.verdict;
  const { plan } = outcome;
  const isFile = (path: string) => tree.get(path as ImagePath)?.kind === 'file';
  const heldOut = passed ? await holdOut(session) : undefined;
  let slim: ImageSummary | undefined;
  if (passed) {
    try {
      const { sinks = [], access = { insecureHosts: [] }, engine: choice } = session.input;
      const written =
        sinks.length === 0
          ? []
          : await deliverImage(slimImageOf(session, outcome), sinks, { ...session, access, choice });
      // From the first tag on the image is the user's: an abort comes before, or too late.
      ports.signal.throwIfAborted();
      for (const tag of tags) await engine.tagImage(outcome.slim.id, tag);
      const { sizeBytes } = await engine.inspectImage(outcome.slim.id);
      if (tags.length === 0) await discardSlimImage(outcome.slim, session);
      const { id, config } = outcome.slim;
      slim = {
        reference: tags[0] ?? written[0] ?? id,
        id,
        sizeBytes,
        files: outcome.plan.kept.length,
        layers: 1,
        config,
      };
    } catch (error) {
      await discardSlimImage(outcome.slim, session);
      throw error;
    }
  }
  return {
    schema: 'pare.report/1',
    pareVersion,
    engine: engine.info,
    fat: {
      reference: session.input.reference,
      id: facts.id,
      sizeBytes: facts.sizeBytes,
      files: tree.size,
      layers: image.layers.length,
      config: image.config,
    },
    slim,
    tags,
    observation: session.observation,
    packages: packages.map(({ id, ecosystem, name, version }) => ({ id, ecosystem, name, version })),
    plan,
    ...outcome.description.parts,
    risk: estimateRisk({ observation: session.observation, plan, isFile, heldOut }),
    hardening: outcome.hardening,
    verdict: outcome.verdict,
    repairRounds: outcome.rounds,
    lacking: outcome.lacking,
    profileAtFault: outcome.profileAtFault,
    timings: watch.timings(),
    totalMs: watch.elapsedMs(),
  };
}
