import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { OciError } from '../model/oci-error.ts';
import { unpackZstd } from './unpack-zstd.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Bounds on what a compressed layer may unfold to. */
export interface DecompressionLimits {
  readonly outputBytes: number;
  /** Most output for each byte of input, looked at above `ratioFromBytes` of output. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

const GIBIBYTE = 1024 ** 3;
export const DEFAULT_DECOMPRESSION_LIMITS: DecompressionLimits = {
  outputBytes: 64 * GIBIBYTE,
  ratio: 400,
  ratioFromBytes: GIBIBYTE,
};

const CHUNK_BYTES = 256 * 1024;

/** How many bytes `sniffCompression` needs. */
export const SNIFF_BYTES = 4;

/** Tells a compression by its first bytes (RFC 1952 section 2.3.1, RFC 8878 section 3.1.1). */
export function sniffCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/**
 * Decompresses a stream. `label` names the object in errors. Throws OciError `truncated`, `corrupt` or `too-large`.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  label: string,
  limits: DecompressionLimits = DEFAULT_DECOMPRESSION_LIMITS,
): AsyncGenerator<Uint8Array> {
  let inputBytes = 0;
  let outputBytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      inputBytes += chunk.length;
      yield chunk;
    }
  };
  const output = unpacked(counted(), compression, label);
  for await (const chunk of output) {
    outputBytes += chunk.length;
    if (outputBytes > limits.outputBytes) {
      throw new OciError('too-large', `${label} unfolds to more than ${limits.outputBytes} bytes`);
    }
    if (outputBytes > limits.ratioFromBytes && outputBytes > inputBytes * limits.ratio) {
      throw new OciError('too-large', `${label} unfolds to more than ${limits.ratio} times its size`);
    }
    yield chunk;
  }
}

function unpacked(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  label: string,
): AsyncIterable<Uint8Array> {
  switch (compression) {
    case 'none':
      return source;
    case 'gzip':
      return unpack(source, zlib.createGunzip({ chunkSize: CHUNK_BYTES }), label);
    case 'zstd':
      return typeof zlib.createZstdDecompress === 'function'
        ? unpack(source, zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES }), label)
        : unpackZstd(source, label);
  }
}

/** Packs a stream with gzip, without a name or a time in its header. Throws what the source throws. */
export async function* packGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* transformed(source, zlib.createGzip({ chunkSize: CHUNK_BYTES }));
}

async function* transformed(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(source, { objectMode: false }), transform, () => {
    // The error is thrown to the reader of `transform` below.
  });
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } finally {
    transform.destroy();
  }
}

async function* unpack(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
  label: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* transformed(source, transform);
  } catch (cause) {
    throw decompressionError(cause, label);
  }
}

function decompressionError(cause: unknown, label: string): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'Z_BUF_ERROR')
    return new OciError('truncated', `${label} ends inside its compressed data`, { cause });
  if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
    return new OciError('corrupt', `${label} is not validly compressed`, { cause });
  }
  return cause;
}
