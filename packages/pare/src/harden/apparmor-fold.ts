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
  const counts = new Map<string, number>();
  for (const rule of rules) {
    if (rule.extent !== 'file') continue;
    for (const directory of ancestors(rule.path)) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  const large = [...counts].flatMap(([directory, count]) => (count >= FOLD_AT ? directory : []));
  const foldable = new Set(large.filter((directory) => !NEVER_FOLDED.test(directory)));
  const folded = new Set<string>();
  const left = rules.filter((rule) => {
    const top = [...ancestors(rule.path), ...(rule.extent === 'directory' ? [rule.path] : [])].find(
      (directory) => foldable.has(directory),
    );
    if (top !== undefined) folded.add(top);
    return top === undefined;
  });
  const read = new Set<Permission>(['r', 'k']);
  const whole = [...folded].flatMap((path): readonly FileRule[] => [
    { path, extent: 'directory', permissions: new Set<Permission>(['r']) },
    { path, extent: 'below', permissions: read },
  ]);
  return [...left, ...whole];
}

/** The directories above a path from the top down, without the root. */
function ancestors(path: string): readonly string[] {
  const found: string[] = [];
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1))
    found.push(path.slice(0, slash));
  return found;
}
