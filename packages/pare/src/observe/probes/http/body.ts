import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** As much of a body as is read, decoded. What comes after is not looked at. */
const bodyLimitBytes = 8 * 1024 * 1024;

/** A body from which nothing came for this long is one that does not end (server-sent events, long polling). */
const idleLimitMs = 3000;

export interface BodyEnd {
  readonly body: Uint8Array;
  /** False when it was cut because nothing more came: how much there is then depends on the moment. */
  readonly whole: boolean;
}

/** Reads a body, decompresses it and destroys the message. Throws what the connection or the decompressor threw. */
export async function readBody(message: IncomingMessage, signal: AbortSignal): Promise<BodyEnd> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let idle = false;
  message.setTimeout(idleLimitMs, () => {
    idle = true;
    message.destroy();
  });
  try {
    for await (const chunk of decoded(message)) {
      signal.throwIfAborted();
      const part = (chunk as Uint8Array).subarray(0, bodyLimitBytes - size);
      parts.push(part);
      size += part.length;
      if (size === bodyLimitBytes) break;
    }
  } catch (error) {
    if (!idle) throw error;
  } finally {
    message.destroy();
  }
  return { body: Buffer.concat(parts), whole: !idle };
}

function decoded(message: IncomingMessage): Readable {
  const decoder = decoderOf(message.headers['content-encoding']);
  // The callback keeps an error of the pipeline from being thrown twice: the reader of the decoder gets it.
  return decoder === undefined ? message : pipeline(message, decoder, () => undefined);
}

/** Cut streams give what they have, as browsers show it: `finishFlush`. */
function decoderOf(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case 'deflate':
      return createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return undefined;
  }
}
