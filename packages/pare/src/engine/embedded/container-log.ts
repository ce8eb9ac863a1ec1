import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { LogChunk } from '../../ports/container-engine.ts';

/** What a container said, kept in a file, so that a talkative one costs no memory and is never held up. */
export interface ContainerLog {
  append(stream: LogChunk['stream'], data: Uint8Array): void;
  /** Nothing more comes. */
  end(): void;
  /** From the beginning to the end, as it comes. Throws the signal's reason. */
  follow(signal?: AbortSignal): AsyncGenerator<LogChunk>;
  close(): void;
}

interface Piece {
  readonly stream: LogChunk['stream'];
  readonly offset: number;
  readonly lengthBytes: number;
}

/** Opens an empty log in a directory. */
export function openContainerLog(directory: HostPath): ContainerLog {
  const file = openSync(join(directory, 'log'), 'wx+', 0o600);
  const pieces: Piece[] = [];
  const waiting = new Set<() => void>();
  let sizeBytes = 0;
  let ended = false;
  let closed = false;
  const wake = () => {
    for (const resume of waiting) resume();
    waiting.clear();
  };
  return {
    append(stream, data) {
      if (closed || data.length === 0) return;
      writeSync(file, data, 0, data.length, sizeBytes);
      pieces.push({ stream, offset: sizeBytes, lengthBytes: data.length });
      sizeBytes += data.length;
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *follow(signal) {
      for (let next = 0; ; ) {
        signal?.throwIfAborted();
        const piece = pieces[next];
        if (piece !== undefined) {
          if (closed) return;
          const data = Buffer.alloc(piece.lengthBytes);
          readSync(file, data, 0, data.length, piece.offset);
          next += 1;
          yield { stream: piece.stream, data };
        } else if (ended || closed) return;
        else await changed(waiting, signal);
      }
    },
    close() {
      if (!closed) closeSync(file);
      closed = true;
      wake();
    },
  };
}

function changed(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const resume = () => {
      signal?.removeEventListener('abort', resume);
      waiting.delete(resume);
      resolve();
    };
    waiting.add(resume);
    signal?.addEventListener('abort', resume, { once: true });
  });
}
