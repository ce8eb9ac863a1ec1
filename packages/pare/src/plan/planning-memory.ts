import type { FileTree, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import { decodePaths, encodePaths, type PathRuns } from '../model/path-runs.ts';
import type { FreeNeeds, Offer } from './candidates.ts';
import { inOrder, type Kept } from './keep-set.ts';
import { sortedById } from './package-index.ts';
import type { PlanInput } from './plan-input.ts';
import type { PlanningState } from './planning.ts';
import { lastingReasons } from './strongest-reasons.ts';
import type { TouchedPackage } from './touched-packages.ts';

/**
 * What a planning with nothing observed has come to, as it is kept for the next run of the same image. Paths are places in its tree,
 * packages are their places in the order of their IDs, and groups of generated files are their places in the survey.
 */
export interface PlanningMemory {
  /** What it was planned for, beside the image and its survey. */
  readonly of: string;
  /** Reasons that are not of packages. */
  readonly reasons: readonly KeepReason[];
  /** Lists of reasons: a place among the reasons, or below 0 one among the touched packages, the first being -1. */
  readonly reasonLists: readonly (readonly number[])[];
  /** The place of each path, in their order, and that of its reasons among the lists times four, plus one for what is used and two for a program. */
  readonly kept: readonly number[];
  readonly touched: readonly (Pick<TouchedPackage, 'because' | 'isWhole'> & { readonly package: number })[];
  readonly noticed: readonly (readonly [family: string, paths: PathRuns])[];
  readonly generated: readonly number[];
  readonly offers: readonly OfferMemory[];
}

interface OfferMemory {
  readonly reason: number;
  /** Null is without limit. */
  readonly limitBytes: number | null;
  readonly free:
    | Extract<FreeNeeds, { kind: 'none' | 'itself' }>
    | { readonly kind: 'package'; readonly package: number }
    | { readonly kind: 'together'; readonly paths: PathRuns };
  readonly paths: PathRuns;
}

/** What else than the image decides what is kept whatever is observed. */
function plannedFor({ level, include, packageRules, configRoots, archivedLocales }: PlanInput): string {
  return JSON.stringify([level, include, packageRules, configRoots, archivedLocales]);
}

/** What is to be kept of a planning; undefined where something could not be known, which may be otherwise the next time. */
export function encodePlanning(state: PlanningState, input: PlanInput): PlanningMemory | undefined {
  if ([...state.unknowns].length > 0) return undefined;
  const { tree, survey } = input;
  const placeOf = new Map(sortedById(input.packages).map((pkg, place) => [pkg, place]));
  const left = new Set(state.generated);
  const table = reasonTable(state.touched);
  const kept: number[] = [];
  for (const { place, evidence, isProgram, reasons } of inOrder(state.kept.values())) {
    const list = table.listOf(lastingReasons(reasons).map(table.placeOf));
    kept.push(place, list * 4 + (evidence === 'used' ? 1 : 0) + (isProgram ? 2 : 0));
  }
  const offers = state.offers.map(([{ reason, limitBytes, free }, paths]): OfferMemory => {
    const is = { reason: table.placeOf(reason), limitBytes: Number.isFinite(limitBytes) ? limitBytes : null };
    return { ...is, free: encodeFree(free, placeOf, tree), paths: encodePaths(paths, tree) };
  });
  return {
    of: plannedFor(input),
    reasons: table.reasons,
    reasonLists: table.lists,
    kept,
    touched: state.touched.map(({ package: pkg, because, isWhole }) => {
      return { package: placeOf.get(pkg) ?? 0, because, isWhole };
    }),
    noticed: Array.from(state.noticed, ([family, paths]) => [family, encodePaths(paths, tree)]),
    generated: survey.generated.flatMap((group, place) => (left.has(group) ? [place] : [])),
    offers,
  };
}

/** Gives reasons and lists of them places, each once. */
function reasonTable(touched: readonly TouchedPackage[]) {
  const ofPackages = new Map<KeepReason, number>(touched.map(({ reason }, place) => [reason, -1 - place]));
  const byText = new Map<string, number>();
  const reasons: KeepReason[] = [];
  const listsByText = new Map<string, number>();
  const lists: (readonly number[])[] = [];
  return {
    reasons,
    lists,
    placeOf(reason: KeepReason): number {
      const known = ofPackages.get(reason);
      if (known !== undefined) return known;
      const text = JSON.stringify(reason);
      const place = byText.get(text) ?? reasons.push(reason) - 1;
      byText.set(text, place);
      return place;
    },
    listOf(list: readonly number[]): number {
      const text = list.join();
      const place = listsByText.get(text) ?? lists.push(list) - 1;
      listsByText.set(text, place);
      return place;
    },
  };
}

function encodeFree(
  free: FreeNeeds,
  placeOf: ReadonlyMap<Package, number>,
  tree: FileTree,
): OfferMemory['free'] {
  switch (free.kind) {
    case 'package':
      return { kind: 'package', package: placeOf.get(free.package) ?? 0 };
    case 'together':
      return { kind: 'together', paths: encodePaths(free.paths, tree) };
    default:
      return free;
  }
}

/** The state that `encodePlanning` was given for an equal input; undefined where it was another. Yields as a planner does. */
export function* decodePlanning(
  memory: PlanningMemory,
  input: PlanInput,
): Generator<undefined, PlanningState | undefined> {
  if (memory.of !== plannedFor(input)) return undefined;
  const { tree, survey } = input;
  const packages = sortedById(input.packages);
  const touched = memory.touched.flatMap(({ package: place, because, isWhole }): TouchedPackage[] => {
    const pkg = packages[place];
    if (pkg === undefined) return [];
    const { ecosystem, name } = pkg;
    const reason = { kind: 'package-file', ecosystem, package: name, because } as const;
    return [{ package: pkg, reason, because, isWhole }];
  });
  const reasonAt = (place: number): KeepReason =>
    (place < 0 ? touched[-1 - place]?.reason : memory.reasons[place]) ?? { kind: 'directory-skeleton' };
  const pathsAt = (runs: PathRuns): readonly ImagePath[] => decodePaths(runs, tree) ?? [];
  const offers = memory.offers.map(({ reason, limitBytes, free, paths }): Offer => {
    const grounds = { reason: reasonAt(reason), limitBytes: limitBytes ?? Number.POSITIVE_INFINITY };
    return [{ ...grounds, free: decodeFree(free, packages, pathsAt) }, pathsAt(paths)];
  });
  yield;
  return {
    kept: yield* decodeKept(memory, tree, reasonAt),
    touched,
    noticed: new Map(memory.noticed.map(([family, runs]) => [family, pathsAt(runs)])),
    generated: memory.generated.flatMap((place) => survey.generated[place] ?? []),
    offers,
    unknowns: [],
  };
}

/** Each takes next to nothing. */
const nodesUntilPause = 512;

function* decodeKept(
  { kept, reasonLists }: PlanningMemory,
  tree: FileTree,
  reasonAt: (place: number) => KeepReason,
): Generator<undefined, ReadonlyMap<ImagePath, Kept>> {
  const lists = reasonLists.map((list) => list.map(reasonAt));
  const nodes = new Map<ImagePath, Kept>();
  for (let at = 0; at < kept.length; at += 2) {
    if (at % nodesUntilPause === 0) yield;
    const place = kept[at] ?? 0;
    const entry = tree.entryAt(place);
    const code = kept[at + 1] ?? 0;
    if (entry === undefined) continue;
    nodes.set(entry.path, {
      entry,
      place,
      evidence: code % 2 === 1 ? 'used' : 'reserve',
      isProgram: code % 4 > 1,
      reasons: lists[code >> 2] ?? [],
    });
  }
  return nodes;
}

function decodeFree(
  free: OfferMemory['free'],
  packages: readonly Package[],
  pathsAt: (runs: PathRuns) => readonly ImagePath[],
): FreeNeeds {
  switch (free.kind) {
    case 'package': {
      const pkg = packages[free.package];
      return pkg === undefined ? { kind: 'none' } : { kind: 'package', package: pkg };
    }
    case 'together':
      return { kind: 'together', paths: new Set(pathsAt(free.paths)) };
    default:
      return free;
  }
}

/** The paths that a planning kept. */
export function rememberedPaths({ kept }: PlanningMemory, { paths }: Pick<FileTree, 'paths'>): ImagePath[] {
  const found: ImagePath[] = [];
  for (let at = 0; at < kept.length; at += 2) {
    const path = paths[kept[at] ?? 0];
    if (path !== undefined) found.push(path);
  }
  return found;
}
