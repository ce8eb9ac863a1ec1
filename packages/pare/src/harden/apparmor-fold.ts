import type { FileRule, Permission } from './apparmor-rule.ts';

/** From this many files on, one rule for a directory is clearer than one for each, and compiles in reasonable time. */
const FOLD_AT = 16;
/** Directories whose name says nothing of what is in them: their subdirectories are folded, never they themselves. */
const NEVER_FOLDED =
  /^(\/(usr|usr\/local))?(\/(bin|sbin|lib\w*|libexec|share|include))?(\/[\w]+-linux-[\w]+)?$|^\/(etc|var|var\/lib|var\/cache|run|tmp|home|root|opt|srv|mnt|media|dev|proc|sys|boot)$|^\/(proc|sys|dev)\//;

/**
 * Replaces the read rules of a directory with many files by one rule for all below it. In a slim image nothing else is there, so
 * this opens only what a volume may bring.
 */
export function foldDirectories(rules: readonly FileRule[]): readonly FileRule[] {
  const inEach = byDirectory(rules);
  const topOf = foldableTops(filesBelow(inEach));
  const folded = new Set<string>();
  const left = [...inEach].flatMap(([directory, within]) => {
    const top = topOf(directory);
    if (top === undefined) return within;
    folded.add(top);
    return [];
  });
  const read = new Set<Permission>(['r', 'k']);
  const whole = [...folded].flatMap((path): readonly FileRule[] => [
    { path, extent: 'directory', permissions: new Set<Permission>(['r']) },
    { path, extent: 'below', permissions: read },
  ]);
  return [...left, ...whole];
}

/** The rules of what stands in each directory, with those of the directory itself; the root is an empty path here. */
function byDirectory(rules: readonly FileRule[]): ReadonlyMap<string, readonly FileRule[]> {
  const inEach = new Map<string, FileRule[]>();
  rules.forEach((rule) => {
    const directory = rule.extent === 'directory' ? rule.path : parentOf(rule.path);
    const known = inEach.get(directory);
    if (known === undefined) inEach.set(directory, [rule]);
    else known.push(rule);
  });
  return inEach;
}

/** How many files each directory has below it. */
function filesBelow(inEach: ReadonlyMap<string, readonly FileRule[]>): ReadonlyMap<string, number> {
  const below = new Map<string, number>();
  for (const [directory, within] of inEach) {
    const files = within.filter(({ extent }) => extent === 'file').length;
    if (files === 0) continue;
    for (let above = directory; above !== ''; above = parentOf(above))
      below.set(above, (below.get(above) ?? 0) + files);
  }
  return below;
}

/** Finds the topmost directory to be folded that a directory is or is in. */
function foldableTops(below: ReadonlyMap<string, number>): (directory: string) => string | undefined {
  const known = new Map<string, string | undefined>([['', undefined]]);
  const topOf = (directory: string): string | undefined => {
    if (known.has(directory)) return known.get(directory);
    const isFoldable = (below.get(directory) ?? 0) >= FOLD_AT && !NEVER_FOLDED.test(directory);
    const top = topOf(parentOf(directory)) ?? (isFoldable ? directory : undefined);
    known.set(directory, top);
    return top;
  };
  return topOf;
}

/** An empty path for what stands in the root. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
