import { inflateRawSync } from 'node:zlib';
import { MalformedFile } from '../malformed-file.ts';

/** Ranged access to an archive's bytes. */
export interface ZipSource {
  readonly name: string;
  readonly sizeBytes: number;
  read(start: number, lengthBytes: number): Promise<Uint8Array>;
}

const endBytes = 22;
const commentLimitBytes = 65_535;
const centralLimitBytes = 32 * 1024 * 1024;
const entryLimitBytes = 1024 * 1024;

/**
 * Reads one entry of a zip archive by its exact name (APPNOTE.TXT, "central directory"), at most 1 MiB of content.
 * Undefined when there is no such entry. Throws MalformedFile; zip64 archives are `unsupported`.
 */
export async function readZipEntry(source: ZipSource, name: string): Promise<Uint8Array | undefined> {
  const tailStart = Math.max(0, source.sizeBytes - endBytes - commentLimitBytes);
  // Nearly every archive ends without a comment.
  const near = viewOf(
    await source.read(Math.max(0, source.sizeBytes - endBytes), Math.min(endBytes, source.sizeBytes)),
  );
  const tail =
    near.byteLength === endBytes && near.getUint32(0, true) === 0x06054b50
      ? near
      : viewOf(await source.read(tailStart, source.sizeBytes - tailStart));
  const end = findEnd(source, tail);
  const count = tail.getUint16(end + 10, true);
  const lengthBytes = tail.getUint32(end + 12, true);
  const start = tail.getUint32(end + 16, true);
  if (start === 0xffffffff || count === 0xffff)
    throw new MalformedFile('unsupported', `${source.name} is a zip64 archive`);
  if (lengthBytes > centralLimitBytes)
    throw new MalformedFile('too-large', `${source.name}: a directory of ${lengthBytes} bytes`);
  if (start + lengthBytes > source.sizeBytes)
    throw new MalformedFile('corrupt', `${source.name}: its directory lies outside of it`);
  const directory = viewOf(await source.read(start, lengthBytes));
  const wanted = Buffer.from(name);
  for (let at = 0, index = 0; index < count; index++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      throw new MalformedFile(
        'corrupt',
        `${source.name}: its directory ends after ${index} of ${count} entries`,
      );
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const found = new Uint8Array(
      directory.buffer,
      directory.byteOffset + at + 46,
      Math.min(nameBytes, directory.byteLength - at - 46),
    );
    if (wanted.equals(found)) return readContent(source, directory, at);
    at += 46 + nameBytes + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function findEnd(source: ZipSource, tail: DataView): number {
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new MalformedFile('truncated', `${source.name} has no end of a zip archive`);
}

async function readContent(source: ZipSource, directory: DataView, at: number): Promise<Uint8Array> {
  const method = directory.getUint16(at + 10, true);
  const packedBytes = directory.getUint32(at + 20, true);
  const offset = directory.getUint32(at + 42, true);
  if (packedBytes > entryLimitBytes)
    throw new MalformedFile('too-large', `${source.name}: an entry of ${packedBytes} bytes`);
  const header = viewOf(await source.read(offset, 30));
  if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50) {
    throw new MalformedFile('corrupt', `${source.name}: an entry is not where the directory says`);
  }
  const start = offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = await source.read(start, packedBytes);
  if (packed.length < packedBytes)
    throw new MalformedFile('truncated', `${source.name} ends within an entry`);
  if (method === 0) return packed;
  if (method !== 8) throw new MalformedFile('unsupported', `${source.name}: compression method ${method}`);
  try {
    return inflateRawSync(packed, { maxOutputLength: entryLimitBytes });
  } catch {
    throw new MalformedFile('corrupt', `${source.name}: an entry cannot be decompressed`);
  }
}
