import { Buffer } from 'node:buffer';
import type { ContentLocation, LayerEntry, SparseSegment, Timestamp } from '../model/entry.ts';
import type { ImagePath } from '../model/path.ts';

/** Entries by what is told of them; an entry's place is the same in all. */
export interface Columns {
  /** By their place in `KINDS`. */
  readonly kinds: Uint8Array;
  readonly paths: readonly ImagePath[];
  /**
   * `ROW` for each entry: mode, user, group, seconds and nanoseconds of its time; then size and offset of a file (negative for none
   * known), major and minor of a device, the place of a link's target in `targets`.
   */
  readonly numbers: Float64Array;
  readonly targets: readonly string[];
  readonly rare: RareParts;
}

/** By the entry's place. */
export interface RareParts {
  /** Sparse maps: starts and lengths in turn. */
  readonly segments: Record<string, number[]>;
  /** Attributes: names and values, in base64, in turn. */
  readonly xattrs: Record<string, string[]>;
}

const ROW = 7;
/** Those of a tree first. */
const KINDS = [
  'file',
  'directory',
  'symlink',
  'char-device',
  'block-device',
  'fifo',
  'hardlink',
  'whiteout',
  'opaque',
] as const satisfies readonly LayerEntry['kind'][];
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** The columns of entries. */
export function columnsOf(entries: readonly LayerEntry[]): Columns {
  const numbers = new Float64Array(entries.length * ROW);
  const targets: string[] = [];
  const rare: RareParts = { segments: {}, xattrs: {} };
  for (const [place, entry] of entries.entries())
    numbers.set(rowOf(entry, place, targets, rare), place * ROW);
  return {
    kinds: Uint8Array.from(entries, ({ kind }) => kindCode(kind)),
    paths: entries.map(({ path }) => path),
    numbers,
    targets,
    rare,
  };
}

/** By what the kind is known in `Columns.kinds`. */
export function kindCode(kind: LayerEntry['kind']): number {
  return KINDS.indexOf(kind);
}

/** The kind with a code; undefined for a code that there is not. */
export function kindOfCode(code: number): LayerEntry['kind'] | undefined {
  return KINDS[code];
}

/** An entry's numbers; what else there is to it is added to the others. */
function rowOf(entry: LayerEntry, place: number, targets: string[], rare: RareParts): readonly number[] {
  if (entry.kind === 'whiteout' || entry.kind === 'opaque') return [];
  const row = [entry.mode, entry.uid, entry.gid, entry.mtime.seconds, entry.mtime.nanoseconds];
  if (entry.xattrs.size > 0) {
    const pairs = [...entry.xattrs].flatMap(([name, value]) => [name, Buffer.from(value).toString('base64')]);
    rare.xattrs[place] = pairs;
  }
  switch (entry.kind) {
    case 'file': {
      const segments = entry.content?.segments;
      if (segments !== undefined)
        rare.segments[place] = segments.flatMap(({ start, lengthBytes }) => [start, lengthBytes]);
      return [...row, entry.sizeBytes, entry.content?.offset ?? -1];
    }
    case 'symlink':
    case 'hardlink':
      return [...row, targets.push(entry.target) - 1];
    case 'char-device':
    case 'block-device':
      return [...row, entry.major, entry.minor];
    default:
      return row;
  }
}

/**
 * Makes the entry at a place of the columns, when it is asked for. Throws TypeError at once where columns do not fit each other, and
 * RangeError where no entry is.
 */
export function entryMaker(columns: Columns): (place: number) => LayerEntry {
  const { kinds, paths, numbers, targets } = columns;
  if (paths.length !== kinds.length || numbers.length !== kinds.length * ROW)
    throw new TypeError('columns of unequal length');
  const attributes = decoded(columns.rare.xattrs, attributesOf);
  const segments = decoded(columns.rare.segments, segmentsOf);
  let lastTime: Timestamp = { seconds: 0, nanoseconds: 0 };
  const number = (place: number, offset: number): number => {
    const value = numbers[place * ROW + offset] ?? 0;
    // What comes out of an array of doubles is an object on V8's heap for each number; a small integer is none.
    const whole = value | 0;
    return whole === value ? whole : value;
  };
  /** What was unpacked together often has one time: fewer objects to make, and to keep. */
  const timeAt = (place: number): Timestamp => {
    const seconds = number(place, 3);
    const nanoseconds = number(place, 4);
    if (lastTime.seconds !== seconds || lastTime.nanoseconds !== nanoseconds)
      lastTime = { seconds, nanoseconds };
    return lastTime;
  };
  const contentAt = (place: number): ContentLocation | undefined => {
    const offset = number(place, 6);
    if (offset < 0) return undefined;
    const stored = segments.get(place);
    return stored === undefined ? { offset } : { offset, segments: stored };
  };
  return (place) => {
    const kind = KINDS[kinds[place] ?? KINDS.length];
    const path = paths[place];
    if (kind === undefined || path === undefined) throw new RangeError(`there is no entry ${place}`);
    if (kind === 'whiteout' || kind === 'opaque') return { kind, path };
    const mode = number(place, 0);
    const uid = number(place, 1);
    const gid = number(place, 2);
    const mtime = timeAt(place);
    const xattrs = attributes.get(place) ?? NO_XATTRS;
    const five = number(place, 5);
    // Written out: copying entries by spread takes longer than all else.
    switch (kind) {
      case 'file': {
        const content = contentAt(place);
        return content === undefined
          ? { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes: five }
          : { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes: five, content };
      }
      case 'directory':
      case 'fifo':
        return { kind, path, mode, uid, gid, mtime, xattrs };
      case 'symlink':
        return { kind, path, mode, uid, gid, mtime, xattrs, target: targets[five] ?? '' };
      case 'hardlink':
        return { kind, path, mode, uid, gid, mtime, xattrs, target: (targets[five] ?? '') as ImagePath };
      case 'char-device':
      case 'block-device':
        return { kind, path, mode, uid, gid, mtime, xattrs, major: five, minor: number(place, 6) };
    }
  };
}

function decoded<Told, Value>(
  rare: Readonly<Record<string, Told>>,
  decode: (told: Told) => Value,
): ReadonlyMap<number, Value> {
  return new Map(Object.entries(rare).map(([place, told]) => [Number(place), decode(told)]));
}

function segmentsOf(pairs: readonly number[]): readonly SparseSegment[] {
  const segments: SparseSegment[] = [];
  for (let at = 0; at < pairs.length; at += 2)
    segments.push({ start: pairs[at] ?? 0, lengthBytes: pairs[at + 1] ?? 0 });
  return segments;
}

function attributesOf(pairs: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  for (let at = 0; at < pairs.length; at += 2)
    attributes.set(pairs[at] ?? '', Buffer.from(pairs[at + 1] ?? '', 'base64'));
  return attributes;
}
