import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { Family, FamilyRule, RuleView } from './families/family.ts';
import { expandGlob, matchAny, matchEach, parseGlob, type TreeGlob } from './glob.ts';
import type { Evidence } from './keep-set.ts';
import { remembered } from './remembered.ts';

/** What one rule of a triggered family brings. */
export interface RulePaths {
  readonly reason: KeepReason;
  readonly paths: readonly ImagePath[];
  /** What one of the paths may add with its needs, in bytes. */
  readonly limitBytes: number;
}

/** What one file of a rule may add: python's `_ssl` needs 6 MB where nothing else uses OpenSSL. */
const ruleLimitBytes = 12 * 1024 * 1024;

export interface TriggeredFamilies {
  /** Shows a path that is kept. */
  notice(path: ImagePath, evidence: Evidence): void;
  /** What the rules of families triggered since the last call bring. Yields between families. */
  takePaths(): Generator<undefined, readonly RulePaths[]>;
  /** The paths that were noticed for each family that was set off, by its ID. What they bring was taken. */
  noticed(): ReadonlyMap<string, ReadonlySet<ImagePath>>;
}

/** Families with their globs prepared, once for any number of plans, when these first ask for them. */
export interface PreparedFamilies {
  readonly families: readonly Family[];
  /** The globs of a rule's paths; none for one that chooses over the tree. */
  readonly globsOf: (rule: FamilyRule) => readonly TreeGlob[];
  /** The places in that list of the families that a path sets off. */
  readonly triggeredAt: (path: ImagePath) => readonly number[];
  /** What the families leave out of whole packages and of their own trees. */
  readonly isDrop: (path: string) => boolean;
  /** The trees of the runtimes themselves, which are no application files. */
  readonly isRuntimeTree: (path: string) => boolean;
}

/** Prepares families' globs. */
export function prepareFamilies(families: readonly Family[]): PreparedFamilies {
  return {
    families,
    globsOf: remembered(({ keep }: FamilyRule) => (typeof keep === 'function' ? [] : keep.map(parseGlob))),
    triggeredAt: matchEach(families.map(({ triggers }) => (triggers === 'always' ? [] : triggers))),
    isDrop: matchAny(families.flatMap((family) => family.drops ?? [])),
    isRuntimeTree: matchAny(families.flatMap((family) => family.runtime ?? [])),
  };
}

/**
 * Runs the rules of each family once something of its kind is used. What was `noticed` before, by such ones of the same image and level,
 * brings nothing again.
 */
export function createTriggeredFamilies(
  prepared: PreparedFamilies,
  image: Omit<RuleView, 'triggeredBy' | 'expand'>,
  level: KeepLevel,
  noticed?: ReadonlyMap<string, Iterable<ImagePath>>,
): TriggeredFamilies {
  const { tree } = image;
  const states = prepared.families.map((family) => ({
    family,
    triggeredBy: new Set<ImagePath>(noticed?.get(family.id)),
    stale: family.triggers === 'always' && noticed === undefined,
  }));

  function pathsOf(rule: FamilyRule, triggeredBy: readonly ImagePath[]): readonly ImagePath[] {
    const expand = (glob: string): readonly ImagePath[] => expandGlob(tree, glob);
    const paths =
      typeof rule.keep === 'function'
        ? [...rule.keep({ ...image, triggeredBy, expand })]
        : prepared.globsOf(rule).flatMap((glob) => expandGlob(tree, glob));
    if (level === 'packages' || rule.overridesDrops === true) return paths;
    return paths.filter((path) => !prepared.isDrop(path));
  }

  return {
    notice(path, evidence) {
      for (const place of prepared.triggeredAt(path)) {
        const state = states[place];
        if (state === undefined || state.triggeredBy.has(path)) continue;
        if (evidence === 'reserve' && state.family.inReserve !== true) continue;
        state.triggeredBy.add(path);
        state.stale = true;
      }
    },
    *takePaths() {
      const found: RulePaths[] = [];
      for (const state of states.filter(({ stale }) => stale)) {
        yield;
        state.stale = false;
        const triggeredBy = [...state.triggeredBy].sort();
        for (const rule of state.family.rules) {
          if (rule.level === 'used' && level === 'observed') continue;
          const reason: KeepReason = { kind: 'runtime-family', family: state.family.id, rule: rule.id };
          const paths = pathsOf(rule, triggeredBy);
          found.push({ reason, paths, limitBytes: rule.limitBytes ?? ruleLimitBytes });
        }
      }
      return found;
    },
    noticed() {
      const set = states.filter(({ triggeredBy }) => triggeredBy.size > 0);
      return new Map(set.map(({ family, triggeredBy }) => [family.id, triggeredBy]));
    },
  };
}
