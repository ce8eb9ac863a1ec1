import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../model/path.ts';

/** Files of a directory of the user's cache, by name. They may be gone, or damaged: whoever reads one must be able to tell. */
export interface FileCache {
  /** What was kept under a name; undefined for nothing. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Keeps a file whole, and forgets those not used for longest where there are too many. A cache that cannot be written is no error. */
  write(name: string, content: Uint8Array): Promise<void>;
}

const DRAFT = /\.[0-9a-f]{12}\.partial$/;
/** A draft of this age belongs to a process that was killed. */
const DRAFT_AGE_MS = 3_600_000;

/** Opens the cache in `directory`, which is made when it is first written to. Several processes may use it at once. */
export function openFileCache(directory: HostPath, limitBytes: number): FileCache {
  return {
    async read(name) {
      const place = join(directory, name);
      const bytes = await readFile(place).catch(() => undefined);
      if (bytes === undefined) return undefined;
      const now = new Date();
      // When it was last used decides what is forgotten; somebody may have forgotten it meanwhile.
      await utimes(place, now, now).catch(() => undefined);
      return bytes;
    },
    async write(name, content) {
      const place = join(directory, name);
      const draft = `${place}.${randomBytes(6).toString('hex')}.partial`;
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(draft, content, { mode: 0o600 });
        await rename(draft, place);
        await forgetOldest(directory, limitBytes);
      } catch {
        await rm(draft, { force: true }).catch(() => undefined);
      }
    },
  };
}

async function forgetOldest(directory: HostPath, limitBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const place = join(directory, name);
      const status = await stat(place).catch(() => undefined);
      return { place, isDraft: DRAFT.test(name), bytes: status?.size ?? 0, usedMs: status?.mtimeMs ?? 0 };
    }),
  );
  files.sort((left, right) => right.usedMs - left.usedMs);
  let total = 0;
  for (const { place, isDraft, bytes, usedMs } of files) {
    total += bytes;
    const forget = isDraft ? Date.now() - usedMs > DRAFT_AGE_MS : total > limitBytes;
    if (forget) await rm(place, { force: true });
  }
}
