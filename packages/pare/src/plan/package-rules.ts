import type { FileTree, ImagePath } from '@pare/oci';
import type { Package } from '../model/package.ts';
import type { UserRules } from '../model/scenario.ts';
import { matchAny } from './glob.ts';

type PackageRules = Pick<UserRules, 'includePackages' | 'includeEcosystems'>;

/** A rule of the user's, and the packages that it means. */
export interface MatchedRule {
  /** As the user wrote it: `package tzdata`, `ecosystem npm`. */
  readonly pattern: string;
  readonly packages: readonly Package[];
}

/** The packages that each rule means, by name or ID. In the order of the rules. */
export function matchPackageRules(
  packages: readonly Package[],
  { includeEcosystems, includePackages }: PackageRules,
): readonly MatchedRule[] {
  return [
    ...includePackages.map((pattern) => ({
      pattern: `package ${pattern}`,
      packages: packages.filter(packageMatcher(pattern)),
    })),
    ...includeEcosystems.map((ecosystem) => ({
      pattern: `ecosystem ${ecosystem}`,
      packages: packages.filter((pkg) => pkg.ecosystem === ecosystem),
    })),
  ];
}

/**
 * Whether a path goes with the packages that the user drops: files and links that they own and no other package does.
 * Directories go when nothing in them is kept.
 */
export function droppedByPackage(
  tree: FileTree,
  packages: readonly Package[],
  patterns: readonly string[],
): (path: ImagePath) => boolean {
  if (patterns.length === 0) return () => false;
  const matchers = patterns.map(packageMatcher);
  const dropped = new Set<ImagePath>();
  const isDropped = (pkg: Package) => matchers.some((matches) => matches(pkg));
  for (const pkg of packages.filter(isDropped)) {
    for (const file of pkg.files) if (tree.get(file)?.kind !== 'directory') dropped.add(file);
  }
  for (const pkg of packages.filter((one) => !isDropped(one)))
    for (const file of pkg.files) dropped.delete(file);
  return (path) => dropped.has(path);
}

function packageMatcher(pattern: string): (pkg: Package) => boolean {
  const matches = matchAny([pattern]);
  return ({ id, name }) => matches(name) || matches(id);
}
