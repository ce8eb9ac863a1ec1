import type { FileTree, TreeEntry } from '@pare/oci';

/** Deep enough for `/usr/lib/python3/dist-packages` and an application's own `node_modules/a`. */
const levels = 4;
/** Takes a few milliseconds. */
const entriesAtOnce = 8192;

/**
 * Number and bytes of the files of a directory with those below it that are told of there. The root is an empty path here. The content of
 * hardlinks counts once, with the first of the names.
 */
export type DirectoryTotal = readonly [path: string, files: number, bytes: number];

/**
 * The totals of every directory in which a report tells of files, whatever is kept of them, by their paths' order. It takes a look at each
 * entry of the image, so they are worth remembering. Yields wherever it may be left alone for a while.
 */
export function* directoryTotals(
  tree: Pick<FileTree, 'entries'>,
): Generator<undefined, readonly DirectoryTotal[]> {
  const all = new Map<string, [string, number, number]>();
  const toldIn = toldDirectories();
  const add = (entry: TreeEntry): void => {
    if (entry.kind !== 'file') return;
    const { names, path, sizeBytes } = entry;
    const directory = toldIn(path);
    const total = all.get(directory) ?? [directory, 0, 0];
    all.set(directory, total);
    total[1] += 1;
    if (names.length === 0 || names[0] === path) total[2] += sizeBytes;
  };
  const entries = [...tree.entries()];
  for (let at = 0; at < entries.length; at += entriesAtOnce) {
    entries.slice(at, at + entriesAtOnce).forEach(add);
    yield;
  }
  return [...all.values()];
}

/**
 * Says in which directory a report tells of a file: its own, or the one at the fourth level above it; the root is an empty path. Is quick
 * for files in the order of their paths: what is told of together stands together.
 */
export function toldDirectories(): (file: string) => string {
  let told = toldDirectory('/');
  return (file) => {
    if (!isToldIn(file, told)) told = toldDirectory(file);
    return told.path;
  };
}

interface ToldDirectory {
  readonly path: string;
  /** Its path and a slash. */
  readonly start: string;
  /** Whether those below it are told of as part of it. */
  readonly isLast: boolean;
}

function toldDirectory(file: string): ToldDirectory {
  let end = 0;
  for (let level = 0; level < levels; level += 1) {
    const slash = file.indexOf('/', end + 1);
    if (slash === -1) return { path: file.slice(0, end), start: file.slice(0, end + 1), isLast: false };
    end = slash;
  }
  return { path: file.slice(0, end), start: file.slice(0, end + 1), isLast: true };
}

function isToldIn(file: string, { start, isLast }: ToldDirectory): boolean {
  return file.startsWith(start) && (isLast || file.indexOf('/', start.length) === -1);
}
