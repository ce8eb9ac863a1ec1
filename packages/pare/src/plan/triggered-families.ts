import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { Family, FamilyRule } from './families/family.ts';
import { expandGlob, matchAny } from './glob.ts';

/** What one rule of a triggered family brings. */
export interface RulePaths {
  readonly reason: KeepReason;
  readonly paths: readonly ImagePath[];
}

export interface TriggeredFamilies {
  /** Shows a path that was kept because it was used. */
  notice(path: ImagePath): void;
  /** What the rules of families triggered since the last call bring. */
  takePaths(): readonly RulePaths[];
}

/** Runs the rules of each family once something of its kind is used. */
export function createTriggeredFamilies(
  families: readonly Family[],
  tree: FileTree,
  config: ImageConfig,
  level: KeepLevel,
): TriggeredFamilies {
  const states = families.map((family) => ({
    family,
    matches: family.triggers === 'always' ? () => false : matchAny(family.triggers),
    triggeredBy: new Set<ImagePath>(),
    stale: family.triggers === 'always',
  }));
  const drops = level === 'packages' ? () => false : familyDrops(families);

  function pathsOf(rule: FamilyRule, triggeredBy: readonly ImagePath[]): readonly ImagePath[] {
    const expand = (glob: string): readonly ImagePath[] => expandGlob(tree, glob);
    const paths =
      typeof rule.keep === 'function'
        ? [...rule.keep({ tree, config, triggeredBy, expand })]
        : rule.keep.flatMap(expand);
    return paths.filter((path) => !drops(path));
  }

  return {
    notice(path) {
      for (const state of states) {
        if (!state.matches(path) || state.triggeredBy.has(path)) continue;
        state.triggeredBy.add(path);
        state.stale = true;
      }
    },
    takePaths() {
      const found: RulePaths[] = [];
      for (const state of states.filter(({ stale }) => stale)) {
        state.stale = false;
        const triggeredBy = [...state.triggeredBy].sort();
        for (const rule of state.family.rules) {
          if (rule.level === 'used' && level === 'observed') continue;
          const reason: KeepReason = { kind: 'runtime-family', family: state.family.id, rule: rule.id };
          found.push({ reason, paths: pathsOf(rule, triggeredBy) });
        }
      }
      return found;
    },
  };
}

/** What the families leave out of whole packages and of their own trees. */
export function familyDrops(families: readonly Family[]): (path: string) => boolean {
  return matchAny(families.flatMap((family) => family.drops ?? []));
}

/** The trees of the runtimes themselves, which are no application files. */
export function runtimeTrees(families: readonly Family[]): (path: string) => boolean {
  return matchAny(families.flatMap((family) => family.runtime ?? []));
}
