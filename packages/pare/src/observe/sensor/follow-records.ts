import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostPath } from '@pare/oci';
import {
  createRecordDecoder,
  type RecordDecoder,
  type SensorRecord,
  SensorRecordError,
  settledBytes,
} from '@pare/sensor';

/** A record grows with each fact: looking ten times a second costs less than being told of each. */
const pollMs = 100;
/** More than the longest frame. */
const chunkBytes = 1024 * 1024;
/** The application's own record, and those of commands that are run beside it. */
const recordName = /^(?:application|exec-\d+)$/;

/** Reads records while they are written. Disposing of it reads what is there and ends. */
export interface RecordFollower extends AsyncDisposable {}

interface FollowedFile {
  readonly decoder: RecordDecoder;
  offset: number;
  /** It cannot be read any further: whoever reads the whole record says why. */
  broken: boolean;
}

/**
 * Follows every record in a directory on this machine; `onRecord` is called for each once, in its record's order, whose bytes are good
 * until it returns. Ends by itself when the directory is gone. What else fails is thrown when it is disposed of.
 */
export function followRecords(directory: HostPath, onRecord: (record: SensorRecord) => void): RecordFollower {
  const files = new Map<string, FollowedFile>();
  const ended = new AbortController();
  const first = Buffer.alloc(chunkBytes);
  const second = Buffer.alloc(chunkBytes);
  const following = follow();
  following.catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await following;
    },
  };

  /** Once more after the end: what was written since the last look. */
  async function follow(): Promise<void> {
    for (let last = false; !last; ) {
      last = ended.signal.aborted;
      if (!(await readNew())) return;
      if (!last) await delay(pollMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }

  /** False once the directory is gone. */
  async function readNew(): Promise<boolean> {
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (names === undefined) return false;
    for (const name of names.filter((one) => recordName.test(one)).sort()) {
      const file = files.get(name) ?? { decoder: createRecordDecoder(), offset: 0, broken: false };
      files.set(name, file);
      if (!file.broken) await readFrom(join(directory, name), file);
    }
    return true;
  }

  async function readFrom(path: string, file: FollowedFile): Promise<void> {
    await using handle = await open(path, 'r');
    for (;;) {
      const before = await handle.read(first, 0, chunkBytes, file.offset);
      const after = await handle.read(second, 0, before.bytesRead, file.offset);
      const settled = settledBytes(first.subarray(0, before.bytesRead), second.subarray(0, after.bytesRead));
      if (settled === 0) return;
      file.offset += settled;
      try {
        for (const record of file.decoder.push(second.subarray(0, settled))) onRecord(record);
      } catch (error) {
        if (!(error instanceof SensorRecordError)) throw error;
        file.broken = true;
        return;
      }
    }
  }
}
