import { buildFileTree, type FileTree, type Image, type ImagePath } from '@pare/oci';
import { type Analysis, type AnalysisMemory, createAnalysis } from '../analyze/analysis.ts';
import { configRoots } from '../analyze/config/config-roots.ts';
import { archivedLocales } from '../analyze/locales/archived-locales.ts';
import { inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { Package } from '../model/package.ts';
import { rememberedPaths } from '../plan/planning-memory.ts';
import { surveyImage } from '../plan/survey.ts';
import { recallSurvey } from '../plan/survey-memory.ts';
import { formatItems } from '../report/format.ts';
import type { BuildInput, BuildSession } from './build-session.ts';
import type { ImageMemories } from './image-memories.ts';
import { planAhead } from './plan-ahead.ts';
import type { PlanMemory } from './plan-memory.ts';
import { slimPartsOf } from './write-slim-image.ts';

/** What is known of an image before the observation is. */
export interface PreparedPlan extends ReadImage {
  readonly knownInput: Omit<BuildSession['planInput'], 'observation'>;
  readonly recalledPlan: BuildSession['recalledPlan'];
  readonly unobserved: BuildSession['unobserved'];
}

interface Preparing {
  readonly memories: ImageMemories;
  readonly signal: AbortSignal;
  readonly observed: AbortSignal;
  readonly turn: Turn;
}

/**
 * Reads the fat image, asks of it what every plan asks, plans ahead and begins to stage that, all beside the observation. What was kept
 * the last time is staged at once.
 */
export async function preparePlan(
  {
    engine,
    input,
    image,
    facts,
    ahead,
    watch,
  }: Pick<BuildSession, 'engine' | 'input' | 'image' | 'facts' | 'ahead' | 'watch'>,
  { memories, signal, observed, turn }: Preparing,
): Promise<PreparedPlan> {
  const read = await watch.time(
    'read',
    'reading the image',
    async () => {
      const tree = await memories.trees.recall(image, turn);
      return await readImage(image, { tree, memory: await memories.analyses.recall(facts.id), signal, turn });
    },
    summarizeRead,
  );
  const begin = (paths: readonly ImagePath[]) =>
    ahead.begin(slimPartsOf({ image, ...read }, paths), { signal, turn });
  const stages = engine.stageImage !== undefined;
  const remembered = await memories.plans.recall(facts.id);
  const memory = remembered?.planning;
  const last = memory === undefined ? undefined : { memory, paths: rememberedPaths(memory, read.tree) };
  const guess = stages ? last?.paths : undefined;
  // First of all: the links are made beside what comes next here.
  if (guess !== undefined) await begin(guess);
  const { knownInput, recalledPlan, unobserved, paths } = await watch.time(
    'plan ahead',
    'deciding what to keep in any case',
    async () => {
      const { recalledPlan, ...known } = await planInputOf(input, image, read, {
        remembered,
        configRoots: await configRoots(read.tree, image.config),
        archivedLocales: await archivedLocales(read.tree, image.config),
        signal,
        turn,
      });
      const recalled = recalledPlan === undefined ? undefined : last;
      const planned = await planAhead(known, read.analysis, { turn, signal, observed, recalled });
      return { knownInput: known, recalledPlan, ...planned };
    },
    (planned) =>
      planned.paths === undefined ? 'left to the plan' : formatItems(planned.paths.length, 'path'),
  );
  if (paths !== undefined && stages && !fits(guess, paths)) void begin(paths);
  return { ...read, knownInput, recalledPlan, unobserved };
}

/** Whether a guess is no more than what is kept: with other rules than the last time that may be less. */
function fits(guess: readonly ImagePath[] | undefined, paths: readonly ImagePath[]): boolean {
  if (guess === undefined || guess === paths) return guess === paths;
  const kept = new Set(paths);
  return guess.every((path) => kept.has(path));
}

interface ReadImage {
  readonly tree: FileTree;
  readonly analysis: Analysis;
  readonly packages: readonly Package[];
}

async function readImage(
  image: Image,
  {
    memory,
    signal,
    turn,
    ...known
  }: {
    readonly tree: FileTree | undefined;
    readonly memory: AnalysisMemory | undefined;
    readonly signal: AbortSignal;
    readonly turn: Turn;
  },
): Promise<ReadImage> {
  const tree = known.tree ?? (await buildFileTree(image, { signal, turn }));
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
    readonly remembered: PlanMemory | undefined;
    readonly archivedLocales: readonly string[] | undefined;
    readonly signal: AbortSignal;
    readonly turn: Turn;
  },
): Promise<Omit<BuildSession['planInput'], 'observation'> & Pick<PreparedPlan, 'recalledPlan'>> {
  const { config } = image;
  const { archivedLocales: names, configRoots: roots, remembered, turn, signal } = known;
  const surveyed = { tree, config, packages, ...(names === undefined ? {} : { archivedLocales: names }) };
  const recalled = remembered && (await inTurns(recallSurvey(remembered.survey, surveyed), turn, signal));
  return {
    ...surveyed,
    configRoots: roots,
    recalledPlan: recalled === undefined ? undefined : remembered,
    survey: recalled ?? (await inTurns(surveyImage(surveyed), turn, signal)),
    level: input.level,
    include: [...input.include, ...(input.scenario.rules?.include ?? [])],
    exclude: [...input.exclude, ...(input.scenario.rules?.exclude ?? [])],
    ...(input.scenario.rules === undefined ? {} : { packageRules: input.scenario.rules }),
  };
}
