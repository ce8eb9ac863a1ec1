import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ContentLocation, LayerEntry, SparseSegment } from '../model/entry.ts';
import type { ImagePath } from '../model/path.ts';

/*
 * A layer's entries as bytes: a line with the format's name and version, a line with the length and the checksum of what follows, and one JSON
 * document of columns. Columns are what makes it fast to read: JSON.parse takes long lists of numbers and one long string
 * far faster than as many objects.
 */

const FORMAT = 'pare-layer-index 1';
const KINDS = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'char-device',
  'block-device',
  'fifo',
  'whiteout',
  'opaque',
] as const satisfies readonly LayerEntry['kind'][];
/** No path and no link target has it. */
const SEPARATOR = '\0';
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

interface Columns {
  readonly kinds: number[];
  readonly paths: string;
  /** The numbers of the entries in order, as many for each as its kind has. */
  readonly numbers: number[];
  readonly targets: string;
  /** Sparse maps by the entry's place: starts and lengths in turn. */
  readonly segments: Record<string, number[]>;
  /** Attributes by the entry's place: names and values, in base64, in turn. */
  readonly xattrs: Record<string, string[]>;
}

/** Serializes a layer's entries. `decodeLayerIndex` gives equal ones back. */
export function encodeLayerIndex(entries: readonly LayerEntry[]): Uint8Array {
  const columns: Columns = {
    kinds: entries.map(({ kind }) => KINDS.indexOf(kind)),
    paths: entries.map(({ path }) => path).join(SEPARATOR),
    numbers: [],
    targets: '',
    segments: {},
    xattrs: {},
  };
  const targets: string[] = [];
  for (const [place, entry] of entries.entries()) encodeEntry(columns, targets, place, entry);
  const body = Buffer.from(JSON.stringify({ ...columns, targets: targets.join(SEPARATOR) }));
  return Buffer.concat([Buffer.from(`${FORMAT}\n${body.length} ${checksum(body)}\n`), body]);
}

function encodeEntry(columns: Columns, targets: string[], place: number, entry: LayerEntry): void {
  if (entry.kind === 'whiteout' || entry.kind === 'opaque') return;
  const { numbers } = columns;
  numbers.push(entry.mode, entry.uid, entry.gid, entry.mtime.seconds, entry.mtime.nanoseconds);
  if (entry.xattrs.size > 0) {
    const pairs = [...entry.xattrs].flatMap(([name, value]) => [name, Buffer.from(value).toString('base64')]);
    columns.xattrs[place] = pairs;
  }
  switch (entry.kind) {
    case 'file': {
      // No content lies at a negative place: that stands for none known.
      numbers.push(entry.sizeBytes, entry.content?.offset ?? -1);
      const segments = entry.content?.segments;
      if (segments !== undefined)
        columns.segments[place] = segments.flatMap(({ start, lengthBytes }) => [start, lengthBytes]);
      break;
    }
    case 'symlink':
    case 'hardlink':
      targets.push(entry.target);
      break;
    case 'char-device':
    case 'block-device':
      numbers.push(entry.major, entry.minor);
  }
}

/** Reads entries back; undefined for what is damaged, cut short or of another version: a cache then makes them anew. */
export function decodeLayerIndex(bytes: Uint8Array): readonly LayerEntry[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = bodyOf(buffer);
  if (body === undefined) return undefined;
  try {
    return decodeColumns(JSON.parse(body.toString('utf8')) as Columns);
  } catch (error) {
    // The checksum is no proof against somebody who makes one that fits.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function bodyOf(buffer: Buffer): Buffer | undefined {
  const first = buffer.indexOf(0x0a);
  const second = buffer.indexOf(0x0a, first + 1);
  if (first === -1 || second === -1 || buffer.toString('latin1', 0, first) !== FORMAT) return undefined;
  const body = buffer.subarray(second + 1);
  const told = buffer.toString('latin1', first + 1, second);
  return told === `${body.length} ${checksum(body)}` ? body : undefined;
}

function decodeColumns({ kinds, paths, numbers, targets, segments, xattrs }: Columns): readonly LayerEntry[] {
  const pathList = kinds.length === 0 ? [] : paths.split(SEPARATOR);
  const targetList = targets.split(SEPARATOR);
  if (pathList.length !== kinds.length) throw new TypeError('columns of unequal length');
  const entries: LayerEntry[] = [];
  let number = 0;
  let target = 0;
  const next = (): number => {
    const value = numbers[number++];
    if (typeof value !== 'number') throw new TypeError('a number is missing');
    return value;
  };
  const nextTarget = (): string => {
    const value = targetList[target++];
    if (value === undefined) throw new TypeError('a target is missing');
    return value;
  };
  for (let place = 0; place < kinds.length; place++) {
    const kind = KINDS[kinds[place] ?? -1];
    const path = pathList[place] as ImagePath;
    if (kind === undefined) throw new TypeError('an unknown kind');
    if (kind === 'whiteout' || kind === 'opaque') {
      entries.push({ kind, path });
      continue;
    }
    const mode = next();
    const uid = next();
    const gid = next();
    const mtime = { seconds: next(), nanoseconds: next() };
    const attributes = xattrs[place] === undefined ? NO_XATTRS : attributesOf(xattrs[place]);
    const metadata = { path, mode, uid, gid, mtime, xattrs: attributes };
    switch (kind) {
      case 'file': {
        const sizeBytes = next();
        const content = contentAt(next(), segments[place]);
        entries.push(
          content === undefined ? { kind, ...metadata, sizeBytes } : { kind, ...metadata, sizeBytes, content },
        );
        break;
      }
      case 'symlink':
        entries.push({ kind, ...metadata, target: nextTarget() });
        break;
      case 'hardlink':
        entries.push({ kind, ...metadata, target: nextTarget() as ImagePath });
        break;
      case 'char-device':
      case 'block-device':
        entries.push({ kind, ...metadata, major: next(), minor: next() });
        break;
      default:
        entries.push({ kind, ...metadata });
    }
  }
  return entries;
}

function contentAt(offset: number, pairs: readonly number[] | undefined): ContentLocation | undefined {
  if (offset < 0) return undefined;
  if (pairs === undefined) return { offset };
  const segments: SparseSegment[] = [];
  for (let at = 0; at < pairs.length; at += 2)
    segments.push({ start: pairs[at] ?? 0, lengthBytes: pairs[at + 1] ?? 0 });
  return { offset, segments };
}

function attributesOf(pairs: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  for (let at = 0; at < pairs.length; at += 2)
    attributes.set(pairs[at] ?? '', Buffer.from(pairs[at + 1] ?? '', 'base64'));
  return attributes;
}

/** CRC-32 would do; zlib has it from Node 22.2 only, and SHA-1 in hardware is as fast. */
function checksum(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex');
}
