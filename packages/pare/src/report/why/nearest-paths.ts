import type { ImagePath } from '@pare/oci';

const mostShown = 5;

/**
 * The paths that one who mistyped a path may have meant, best first: the same name elsewhere, then names that differ in few
 * letters, those in the same directory before others.
 */
export function nearestPaths(asked: string, paths: readonly string[]): readonly ImagePath[] {
  const name = baseName(asked).toLowerCase();
  if (name === '') return [];
  const most = Math.max(1, Math.floor(name.length / 3));
  const candidates: { readonly path: string; readonly cost: number }[] = [];
  for (const path of paths) {
    const other = baseName(path).toLowerCase();
    const nameCost = other === name ? 0 : other.startsWith(name) ? 0.5 : distance(name, other, most);
    if (nameCost > most) continue;
    candidates.push({ path, cost: nameCost - sharedDirectory(asked, path) });
  }
  return candidates
    .sort((a, b) => a.cost - b.cost || (a.path < b.path ? -1 : 1))
    .slice(0, mostShown)
    .map(({ path }) => path as ImagePath);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** How much of the directories is the same, from 0 to below 1. */
function sharedDirectory(a: string, b: string): number {
  const [left, right] = [a.split('/').slice(1, -1), b.split('/').slice(1, -1)];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  return same / (Math.max(left.length, right.length) + 1);
}

/** Levenshtein's distance (1966); above `most` any larger number is given. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return most + 1;
    row = next;
  }
  return row[b.length] ?? most + 1;
}
