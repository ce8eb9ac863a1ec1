import type { UserRules } from '../model/scenario.ts';

/** No rule at all. */
export const noRules: UserRules = {
  include: [],
  includePackages: [],
  includeEcosystems: [],
  exclude: [],
  excludePackages: [],
};

/** The rules of both, those of `first` first. */
export function uniteRules(first: UserRules, second: UserRules): UserRules {
  return {
    include: [...first.include, ...second.include],
    includePackages: [...first.includePackages, ...second.includePackages],
    includeEcosystems: [...new Set([...first.includeEcosystems, ...second.includeEcosystems])],
    exclude: [...first.exclude, ...second.exclude],
    excludePackages: [...first.excludePackages, ...second.excludePackages],
  };
}

/** Whether there is any. */
export function hasRules(rules: UserRules): boolean {
  return Object.values(rules).some((list: readonly string[]) => list.length > 0);
}
