/** What a made ELF object says; everything that is left out is absent. */
export interface ElfFileOptions {
  readonly bits?: 32 | 64;
  readonly bigEndian?: boolean;
  /** `e_machine`; x86-64 (62) by default. */
  readonly machine?: number;
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  /** Names in the dynamic symbol string table. */
  readonly symbols?: readonly string[];
  /** Whole strings of its data. */
  readonly strings?: readonly string[];
}

const loadAddress = 0x10000;

/**
 * The bytes of a small, not runnable ELF object: header, program headers (PT_LOAD, PT_DYNAMIC, PT_INTERP), dynamic section and
 * string table, no sections. File offset and address differ, so that readers must map one to the other.
 */
export function elfFile(options: ElfFileOptions = {}): Uint8Array {
  const wide = (options.bits ?? 64) === 64;
  const little = options.bigEndian !== true;
  const headerBytes = wide ? 64 : 52;
  const programHeaderBytes = wide ? 56 : 32;
  const wordBytes = wide ? 8 : 4;

  let table = '\0';
  const name = (text: string): number => {
    const at = table.length;
    table += `${text}\0`;
    return at;
  };
  const tags: [number, number][] = (options.needed ?? []).map((each) => [1, name(each)]);
  if (options.soname !== undefined) tags.push([14, name(options.soname)]);
  if (options.rpath !== undefined) tags.push([15, name(options.rpath)]);
  if (options.runpath !== undefined) tags.push([29, name(options.runpath)]);
  for (const symbol of options.symbols ?? []) name(symbol);

  const interpreter = options.interpreter === undefined ? '' : `${options.interpreter}\0`;
  const data = (options.strings ?? []).map((each) => `\0${each}\0`).join('');
  const segments = interpreter === '' ? 2 : 3;
  const interpreterAt = headerBytes + segments * programHeaderBytes;
  const dynamicAt = interpreterAt + interpreter.length;
  const dynamicBytes = (tags.length + 3) * 2 * wordBytes;
  const tableAt = dynamicAt + dynamicBytes;
  const bytes = Buffer.alloc(tableAt + table.length + data.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const half = (at: number, value: number): void => view.setUint16(at, value, little);
  const int = (at: number, value: number): void => view.setUint32(at, value, little);
  const word = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), little) : int(at, value);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]);
  half(16, 3);
  half(18, options.machine ?? 62);
  word(wide ? 32 : 28, headerBytes);
  half(wide ? 54 : 42, programHeaderBytes);
  half(wide ? 56 : 44, segments);
  const programHeader = (index: number, type: number, offset: number, lengthBytes: number): void => {
    const at = headerBytes + index * programHeaderBytes;
    int(at, type);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), loadAddress + offset);
    word(at + (wide ? 32 : 16), lengthBytes);
  };
  programHeader(0, 1, 0, bytes.length);
  programHeader(1, 2, dynamicAt, dynamicBytes);
  if (interpreter !== '') programHeader(2, 3, interpreterAt, interpreter.length);
  const all: readonly [number, number][] = [...tags, [5, loadAddress + tableAt], [10, table.length], [0, 0]];
  for (const [index, [tag, value]] of all.entries()) {
    word(dynamicAt + index * 2 * wordBytes, tag);
    word(dynamicAt + (index * 2 + 1) * wordBytes, value);
  }
  bytes.write(interpreter, interpreterAt, 'latin1');
  bytes.write(table, tableAt, 'latin1');
  bytes.write(data, tableAt + table.length, 'latin1');
  return bytes;
}
