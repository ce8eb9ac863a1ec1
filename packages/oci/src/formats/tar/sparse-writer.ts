import { Buffer } from 'node:buffer';
import type { FileEntry, SparseSegment } from '../../model/entry.ts';
import { encodeName } from '../../model/name.ts';
import { encodeTarHeader, tarPadding } from './tar-writer.ts';

/**
 * The header and map of a sparse file in GNU tar's PAX format 1.0 (its manual, "PAX Format, Version 1.0"). The stored
 * segments follow, one after the other, and `tarPadding` of what they have together.
 */
export function encodeSparseHeader(entry: FileEntry, segments: readonly SparseSegment[]): Uint8Array {
  const last = segments.at(-1);
  // GNU tar gives a file its length by the end of its last segment, which may be empty.
  const mapped =
    last !== undefined && last.start + last.lengthBytes === entry.sizeBytes
      ? segments
      : [...segments, { start: entry.sizeBytes, lengthBytes: 0 }];
  const numbers = mapped.flatMap(({ start, lengthBytes }) => [start, lengthBytes]);
  const text = Buffer.from(`${[mapped.length, ...numbers].join('\n')}\n`);
  const map = Buffer.concat([text, tarPadding(text.length)]);
  const storedBytes = segments.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const records = [
    { key: 'GNU.sparse.major', value: Buffer.from('1') },
    { key: 'GNU.sparse.minor', value: Buffer.from('0') },
    { key: 'GNU.sparse.name', value: encodeName(entry.path.slice(1)) },
    { key: 'GNU.sparse.realsize', value: Buffer.from(String(entry.sizeBytes)) },
  ];
  const header = encodeTarHeader({ ...entry, sizeBytes: map.length + storedBytes }, records);
  return Buffer.concat([header, map]);
}
