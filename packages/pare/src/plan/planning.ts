import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { type Candidates, createCandidates, type Offer } from './candidates.ts';
import { createGeneratedFiles, type GeneratedFiles, type GeneratedGroup } from './generated-files.ts';
import { matchSubtree } from './glob.ts';
import { createKeepSet, type Evidence, type KeepSet, type Kept } from './keep-set.ts';
import { isStartUpMetadata, type PackageIndex } from './package-index.ts';
import { droppedByPackage } from './package-rules.ts';
import type { PlanInput } from './plan-input.ts';
import { preparedFamilies } from './survey.ts';
import { createTouchedPackages, type TouchedPackage, type TouchedPackages } from './touched-packages.ts';
import { createTriggeredFamilies, type TriggeredFamilies } from './triggered-families.ts';

/** What one planner works on. Its members grow; nothing in them is ever taken back. */
export interface Planning {
  readonly input: PlanInput;
  /** The level asked for, or the next wider one where the observation lost something. */
  readonly level: KeepLevel;
  readonly index: PackageIndex;
  readonly kept: KeepSet;
  readonly candidates: Candidates;
  readonly triggered: TriggeredFamilies;
  readonly packages: TouchedPackages;
  readonly generated: GeneratedFiles;
  /** The application's own files; empty at `observed`. */
  readonly applicationFiles: readonly ImagePath[];
  readonly isRuntimeTree: (path: string) => boolean;
  /** Whether a file is of a package or a runtime's own tree. */
  readonly isInstalled: (path: ImagePath) => boolean;
  /** Kept regular files whose facts are not known yet. */
  readonly waiting: Set<ImagePath>;
  /** What could not be known, one line each. */
  readonly unknowns: Set<string>;
}

/** What a closed planning has come to, for others to go on from. */
export interface PlanningState {
  readonly kept: ReadonlyMap<ImagePath, Kept>;
  readonly offers: readonly Offer[];
  readonly touched: readonly TouchedPackage[];
  /** By the IDs of families. */
  readonly noticed: ReadonlyMap<string, Iterable<ImagePath>>;
  readonly generated: readonly GeneratedGroup[];
  readonly unknowns: Iterable<string>;
}

/** Prepares everything that does not depend on facts. With a state that `leadsTo` the input it begins there. */
export function startPlanning(input: PlanInput, state?: PlanningState): Planning {
  const { tree, config, survey } = input;
  const unknowns = new Set(state?.unknowns);
  const level = effectiveLevel(input, unknowns);
  const { index, isDrop, hasLanguage } = survey;
  const excludes = input.exclude.map(matchSubtree);
  const isDropped = droppedByPackage(tree, input.packages, input.packageRules?.excludePackages ?? []);
  const isExcluded = (path: ImagePath) => excludes.some((matches) => matches(path)) || isDropped(path);
  const kept = createKeepSet(tree, excludes.length === 0 ? isDropped : isExcluded, state?.kept);
  const own = level === 'observed' ? [] : survey.applicationFiles;
  const ofApplication = level === 'observed' ? [] : survey.applicationLanguages;
  const languages = [...ofApplication, ...survey.localeLanguages];
  const { dispensableOf, setOffBy } = survey;
  const packages = createTouchedPackages({ tree, index, level, dispensableOf }, state?.touched);
  const isPartOf = (pkg: Package, path: ImagePath) =>
    index.ownersOf(path).includes(pkg) && packages.isPart(pkg, path);
  return {
    input,
    level,
    index,
    kept,
    candidates: createCandidates({ tree, kept, isPartOf }, state?.offers),
    triggered: createTriggeredFamilies(
      { ...preparedFamilies, isDrop, triggeredAt: setOffBy },
      { tree, config, languages, hasLanguage },
      level,
      state?.noticed,
    ),
    packages,
    generated: createGeneratedFiles(state?.generated ?? survey.generated),
    applicationFiles: own,
    isRuntimeTree: preparedFamilies.isRuntimeTree,
    isInstalled: (path) => index.ownersOf(path).length > 0 || preparedFamilies.isRuntimeTree(path),
    waiting: new Set(),
    unknowns,
  };
}

/** What a planning that is closed has come to. It must not go on itself any more. */
export function stateOf({
  kept,
  candidates,
  packages,
  triggered,
  generated,
  unknowns,
}: Planning): PlanningState {
  return {
    kept: kept.all(),
    offers: candidates.left(),
    touched: packages.touched(),
    noticed: triggered.noticed(),
    generated: generated.left(),
    unknowns,
  };
}

/**
 * Whether a plan of `input` can go on from one whose run used nothing: all else must be the same. With rules that leave something out it
 * cannot, because what is said of those paths depends on which reason to keep them came first.
 */
export function leadsTo({ input: before, level }: Planning, input: PlanInput): boolean {
  const leavesOut = [...input.exclude, ...before.exclude, ...(input.packageRules?.excludePackages ?? [])];
  return (
    before.observation.files.length === 0 &&
    before.putBack.length === 0 &&
    leavesOut.length === 0 &&
    before.survey === input.survey &&
    before.configRoots === input.configRoots &&
    before.include === input.include &&
    before.packageRules === input.packageRules &&
    level === effectiveLevel(input, new Set())
  );
}

/** Reasons that say that a path itself is used, so that the packages it belongs to count as touched. */
const touchingReasons: ReadonlySet<KeepReason['kind']> = new Set([
  'observed',
  'image-config',
  'import',
  'script-command',
  'named-in-settings',
  'shebang',
  'put-back',
]);

/** Keeps what a path leads to. `touches`: whether the packages it belongs to then count as touched. */
export function keepPath(
  planning: Planning,
  path: ImagePath,
  evidence: Evidence,
  reason: KeepReason,
  touches = touchingReasons.has(reason.kind),
): void {
  const end = planning.kept.keep(path, evidence, reason);
  if (end !== undefined && touches && evidence === 'used') touchOwners(planning, end);
}

/** Counts the packages that own a path as touched, unless it is a directory or read of every package at start-up. */
function touchOwners(planning: Planning, path: ImagePath): void {
  if (planning.input.tree.get(path)?.kind === 'directory' || isStartUpMetadata(path)) return;
  planning.packages.touch(planning.index.ownersOf(path), path);
}

const widerLevel: Readonly<Record<KeepLevel, KeepLevel>> = {
  observed: 'used',
  used: 'packages',
  packages: 'packages',
};

/** DESIGN: if anything was lost the keep-set widens, never shrinks, and the report says so. */
function effectiveLevel(input: PlanInput, unknowns: Set<string>): KeepLevel {
  const { lost, unreadable } = input.observation.account;
  if (lost === 0 && unreadable === 0) return input.level;
  const level = widerLevel[input.level];
  unknowns.add(
    `the observation lost ${lost} facts and could not read ${unreadable} paths: kept at level ${level} instead of ${input.level}`,
  );
  return level;
}
