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
  const directories = directoriesOf(rules);
  directories.toReversed().forEach(({ above, files }) => {
    if (above !== undefined) above.files += files;
  });
  directories.forEach((directory) => {
    directory.top = directory.above?.top ?? (isFoldable(directory) ? directory : undefined);
  });
  const left = directories.flatMap(({ top, within }) => (top === undefined ? within : []));
  const listed = new Set<Permission>(['r']);
  const read = new Set<Permission>(['r', 'k']);
  const folded = directories.filter((directory) => directory.top === directory);
  const whole = folded.flatMap(({ path }): readonly FileRule[] => [
    { path, extent: 'directory', permissions: listed },
    { path, extent: 'below', permissions: read },
  ]);
  return [...left, ...whole];
}

interface Directory {
  /** The root is an empty path here. */
  readonly path: string;
  readonly above: Directory | undefined;
  /** The rules of what stands in it, and of the directory itself. */
  readonly within: FileRule[];
  /** How many of the rules are files', in it and, once it is counted, below it. */
  files: number;
  /** The topmost directory to be folded that it is or is in. */
  top: Directory | undefined;
}

/** The directories that rules tell of, and those above them; a directory comes behind the one above it. */
function directoriesOf(rules: readonly FileRule[]): readonly Directory[] {
  const all = new Map<string, Directory>();
  const directoryAt = (path: string): Directory => {
    const known = all.get(path);
    if (known !== undefined) return known;
    const above = path === '' ? undefined : directoryAt(parentOf(path));
    const directory: Directory = { path, above, within: [], files: 0, top: undefined };
    all.set(path, directory);
    return directory;
  };
  rules.forEach((rule) => {
    const directory = directoryAt(rule.extent === 'directory' ? rule.path : parentOf(rule.path));
    directory.within.push(rule);
    if (rule.extent === 'file') directory.files += 1;
  });
  return [...all.values()];
}

function isFoldable({ above, files, path }: Directory): boolean {
  return above !== undefined && files >= FOLD_AT && !NEVER_FOLDED.test(path);
}

/** An empty path for what stands in the root. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
