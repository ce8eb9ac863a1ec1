import { MalformedFile } from '../malformed-file.ts';
import { readDataRanges } from './data-ranges.ts';
import {
  type ByteRange,
  type ByteSource,
  type ElfIdentity,
  parseElfIdentity,
  readExactly,
  type Table,
  viewOf,
  type WordReader,
  wordReader,
} from './elf-bytes.ts';

/** What the dynamic linker reads of an object (System V gABI, "Dynamic Linking"). */
export interface ElfObject extends ElfIdentity {
  readonly interpreter: string | undefined;
  /** Whether it has a dynamic section. */
  readonly dynamic: boolean;
  readonly soname: string | undefined;
  readonly needed: readonly string[];
  /** DT_RPATH's directories as written; ignored by ld.so where there is a RUNPATH. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  /** Read-only and initialised data, where names given to dlopen(3) are; the whole file without section headers. */
  readonly data: readonly ByteRange[];
  /** The dynamic string table. */
  readonly strings: ByteRange | undefined;
}

const headerBytes = 64;
const programHeaderLimit = 4096;
const dynamicLimitBytes = 1024 * 1024;
const nameLimitBytes = 4096;
/** A string table up to this size is read whole. */
const smallTableBytes = 64 * 1024;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_SONAME = 14;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

/**
 * Reads what the dynamic linker would read of an object, by a few ranged reads.
 * Throws MalformedFile `truncated` or `corrupt`.
 */
export async function parseElf(source: ByteSource): Promise<ElfObject> {
  const head = await source.read(0, Math.min(4096, source.sizeBytes));
  const identity = parseElfIdentity(head);
  if (identity === undefined || head.length < (identity.bits === 64 ? headerBytes : 52)) {
    throw new MalformedFile(
      head.length < headerBytes ? 'truncated' : 'corrupt',
      `${source.name}: no whole ELF header`,
    );
  }
  const words = wordReader(identity);
  const at = viewOf(head);
  const wide = identity.bits === 64;
  const table = {
    offset: words.word(at, wide ? 32 : 28),
    entryBytes: words.half(at, wide ? 54 : 42),
    count: words.half(at, wide ? 56 : 44),
  };
  const segments = await readSegments(source, head, words, table);
  const interpreter = segments.find((segment) => segment.type === PT_INTERP);
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  return {
    ...identity,
    interpreter: interpreter === undefined ? undefined : await readInterpreter(source, head, interpreter),
    ...(await readDynamic(source, words, segments, dynamic)),
    data: await readDataRanges(source, words, {
      offset: words.word(at, wide ? 40 : 32),
      entryBytes: words.half(at, wide ? 58 : 46),
      count: words.half(at, wide ? 60 : 48),
    }),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

async function readSegments(
  source: ByteSource,
  head: Uint8Array,
  words: WordReader,
  table: Table,
): Promise<readonly Segment[]> {
  if (table.count === 0) return [];
  const least = words.wide ? 56 : 32;
  if (table.entryBytes < least || table.count > programHeaderLimit) {
    throw new MalformedFile(
      'corrupt',
      `${source.name}: ${table.count} program headers of ${table.entryBytes} bytes`,
    );
  }
  const end = table.offset + table.count * table.entryBytes;
  const bytes =
    end <= head.length
      ? head.subarray(table.offset, end)
      : await readExactly(source, 'program header table', table.offset, table.count * table.entryBytes);
  const view = viewOf(bytes);
  return Array.from({ length: table.count }, (_, index) => {
    const at = index * table.entryBytes;
    return {
      type: words.int(view, at),
      offset: words.word(view, at + (words.wide ? 8 : 4)),
      address: words.word(view, at + (words.wide ? 16 : 8)),
      fileBytes: words.word(view, at + (words.wide ? 32 : 16)),
    };
  });
}

async function readInterpreter(source: ByteSource, head: Uint8Array, segment: Segment): Promise<string> {
  if (segment.fileBytes > nameLimitBytes) {
    throw new MalformedFile('corrupt', `${source.name}: an interpreter name of ${segment.fileBytes} bytes`);
  }
  const end = segment.offset + segment.fileBytes;
  const bytes =
    end <= head.length
      ? head.subarray(segment.offset, end)
      : await readExactly(source, 'interpreter name', segment.offset, segment.fileBytes);
  return untilNul(bytes);
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

type DynamicPart = Pick<ElfObject, 'dynamic' | 'soname' | 'needed' | 'rpath' | 'runpath' | 'strings'>;

async function readDynamic(
  source: ByteSource,
  words: WordReader,
  segments: readonly Segment[],
  segment: Segment | undefined,
): Promise<DynamicPart> {
  // A separate debug file keeps the program header with no content behind it.
  if (segment === undefined || segment.fileBytes === 0) {
    return { dynamic: false, soname: undefined, needed: [], rpath: [], runpath: [], strings: undefined };
  }
  if (segment.fileBytes > dynamicLimitBytes) {
    throw new MalformedFile('corrupt', `${source.name}: a dynamic section of ${segment.fileBytes} bytes`);
  }
  const view = viewOf(await readExactly(source, 'dynamic section', segment.offset, segment.fileBytes));
  const wordBytes = words.wide ? 8 : 4;
  const tags: { tag: number; value: number }[] = [];
  for (let at = 0; at + 2 * wordBytes <= view.byteLength; at += 2 * wordBytes) {
    const tag = words.word(view, at);
    if (tag === 0) break;
    tags.push({ tag, value: words.word(view, at + wordBytes) });
  }
  const address = tags.find(({ tag }) => tag === DT_STRTAB)?.value;
  const lengthBytes = tags.find(({ tag }) => tag === DT_STRSZ)?.value ?? 0;
  if (address === undefined) {
    return { dynamic: true, soname: undefined, needed: [], rpath: [], runpath: [], strings: undefined };
  }
  const strings = { start: offsetOf(source, segments, address), lengthBytes };
  const table =
    lengthBytes <= smallTableBytes
      ? await readExactly(source, 'string table', strings.start, lengthBytes)
      : undefined;
  const read = async (wanted: number): Promise<string[]> =>
    Promise.all(
      tags.filter(({ tag }) => tag === wanted).map(({ value }) => readName(source, strings, value, table)),
    );
  const paths = async (wanted: number): Promise<string[]> =>
    (await read(wanted)).flatMap((path) => path.split(':'));
  return {
    dynamic: true,
    soname: (await read(DT_SONAME))[0],
    needed: await read(DT_NEEDED),
    rpath: await paths(DT_RPATH),
    runpath: await paths(DT_RUNPATH),
    strings,
  };
}

function offsetOf(source: ByteSource, segments: readonly Segment[], address: number): number {
  for (const { type, offset, address: start, fileBytes } of segments) {
    if (type === PT_LOAD && address >= start && address < start + fileBytes) return address - start + offset;
  }
  throw new MalformedFile('corrupt', `${source.name}: its string table is in no loaded segment`);
}

async function readName(
  source: ByteSource,
  strings: ByteRange,
  offset: number,
  table: Uint8Array | undefined,
): Promise<string> {
  if (!(offset < strings.lengthBytes)) {
    throw new MalformedFile('corrupt', `${source.name}: a name lies outside its string table`);
  }
  if (table !== undefined) return untilNul(table.subarray(offset));
  const start = strings.start + offset;
  const most = Math.min(nameLimitBytes, strings.lengthBytes - offset, source.sizeBytes - start);
  // Nearly every name is short; a long RPATH costs a second read.
  for (const lengthBytes of [Math.min(256, most), most]) {
    const bytes = await readExactly(source, 'string table', start, lengthBytes);
    if (bytes.includes(0)) return untilNul(bytes);
  }
  throw new MalformedFile('corrupt', `${source.name}: a name without an end`);
}
