import { MalformedFile } from '../malformed-file.ts';

/** Ranged access to a file's bytes; `read` is shorter than asked for only at the end. */
export interface ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  read(start: number, lengthBytes: number): Promise<Uint8Array>;
}

/** What two objects must share to be linked: ELF class, byte order and machine (`e_machine`). */
export interface ElfIdentity {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly machine: number;
}

export interface ByteRange {
  readonly start: number;
  readonly lengthBytes: number;
}

export interface Table {
  readonly offset: number;
  readonly entryBytes: number;
  readonly count: number;
}

/** Whether bytes begin an ELF file. */
export function isElf(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** Class, byte order and machine from a file's first 20 bytes; undefined when that is no ELF header. */
export function parseElfIdentity(head: Uint8Array): ElfIdentity | undefined {
  if (!isElf(head) || head.length < 20) return undefined;
  const littleEndian = head[5] === 1;
  if ((head[4] !== 1 && head[4] !== 2) || (!littleEndian && head[5] !== 2)) return undefined;
  return { bits: head[4] === 2 ? 64 : 32, littleEndian, machine: viewOf(head).getUint16(18, littleEndian) };
}

export interface WordReader {
  readonly wide: boolean;
  half(view: DataView, offset: number): number;
  int(view: DataView, offset: number): number;
  /** An address, offset or size; above 2^53 it becomes infinite and so lies outside every file. */
  word(view: DataView, offset: number): number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function wordReader({ bits, littleEndian }: ElfIdentity): WordReader {
  const wide = bits === 64;
  return {
    wide,
    half: (view, offset) => view.getUint16(offset, littleEndian),
    int: (view, offset) => view.getUint32(offset, littleEndian),
    word(view, offset) {
      if (!wide) return view.getUint32(offset, littleEndian);
      const value = view.getBigUint64(offset, littleEndian);
      return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
    },
  };
}

export async function readExactly(
  source: ByteSource,
  what: string,
  start: number,
  lengthBytes: number,
): Promise<Uint8Array> {
  if (!(start + lengthBytes <= source.sizeBytes)) {
    throw new MalformedFile('truncated', `${source.name}: its ${what} lies beyond the end of the file`);
  }
  const bytes = await source.read(start, lengthBytes);
  if (bytes.length !== lengthBytes)
    throw new MalformedFile('truncated', `${source.name}: its ${what} is cut off`);
  return bytes;
}
