import {
  type ByteRange,
  type ByteSource,
  readExactly,
  type Table,
  viewOf,
  type WordReader,
} from './elf-bytes.ts';

const sectionHeaderLimit = 8192;
const gapBytes = 64 * 1024;
const SHT_PROGBITS = 1;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;

/**
 * The parts of a file where names given to dlopen(3) are: allocated sections that are no code. The whole file when its
 * section headers are missing or strange.
 */
export async function readDataRanges(
  source: ByteSource,
  words: WordReader,
  table: Table,
): Promise<readonly ByteRange[]> {
  const whole = [{ start: 0, lengthBytes: source.sizeBytes }];
  const least = words.wide ? 64 : 40;
  const lengthBytes = table.count * table.entryBytes;
  if (table.count === 0 || table.entryBytes < least || table.count > sectionHeaderLimit) return whole;
  // Section headers are not needed to run a program, so a strange table is no reason to refuse it.
  if (!(table.offset + lengthBytes <= source.sizeBytes)) return whole;
  const view = viewOf(await readExactly(source, 'section header table', table.offset, lengthBytes));
  const ranges: ByteRange[] = [];
  for (let at = 0; at < lengthBytes; at += table.entryBytes) {
    const flags = words.word(view, at + 8);
    if (
      words.int(view, at + 4) !== SHT_PROGBITS ||
      (flags & SHF_ALLOC) === 0 ||
      (flags & SHF_EXECINSTR) !== 0
    )
      continue;
    const start = words.word(view, at + (words.wide ? 24 : 16));
    const size = words.word(view, at + (words.wide ? 32 : 20));
    if (start + size <= source.sizeBytes) ranges.push({ start, lengthBytes: size });
  }
  return joinRanges(ranges);
}

/** Joins ranges with little between them: one read is cheaper than two. */
function joinRanges(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || range.start > last.start + last.lengthBytes + gapBytes) {
      joined.push(range);
      continue;
    }
    const end = Math.max(last.start + last.lengthBytes, range.start + range.lengthBytes);
    joined[joined.length - 1] = { start: last.start, lengthBytes: end - last.start };
  }
  return joined;
}
