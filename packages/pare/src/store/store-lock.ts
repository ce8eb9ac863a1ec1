import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type HostPath, isAlive, ownedName, ownIdentity, type ProcessIdentity } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** What the names of drafts of generations begin with. */
export const lockDraftPrefix = 'draft.';

const pollMs = 15;
const deadlineMs = 120_000;

/** What the file of a generation says: who holds the lock, or that nobody does. */
type Holder = ProcessIdentity | 'free';

/**
 * Takes the lock whose files are in `directory`; dispose of it to give it back. A holder that is dead holds nothing.
 * Throws PareError `timed-out` when a live process keeps it for two minutes.
 *
 * Each taking is a new generation: a numbered file that is linked into place, which one process alone can do. The newest
 * file is never removed, so nobody can take away a lock that has changed hands since it was looked at, as happens with a
 * single lock file that finders of a dead owner unlink.
 */
export async function takeLock(directory: HostPath, signal?: AbortSignal): Promise<AsyncDisposable> {
  await mkdir(directory, { recursive: true });
  const me = await ownIdentity();
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const newest = await newestGeneration(directory);
    const holder = newest === 0 ? 'free' : await readHolder(directory, newest);
    if (holder === 'free' || !(await isAlive(holder))) {
      const taken = await claim(directory, newest + 1, me);
      if (taken !== undefined) return taken;
    } else if (Date.now() > deadline) {
      throw new PareError('timed-out', `process ${holder.pid} has kept ${directory} for itself too long`, {
        hint: 'end that process, or try again',
      });
    }
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function newestGeneration(directory: HostPath): Promise<number> {
  return (await generations(directory)).reduce((newest, one) => Math.max(newest, one), 0);
}

async function generations(directory: HostPath): Promise<readonly number[]> {
  return (await readdir(directory)).filter((name) => /^\d{1,15}$/.test(name)).map(Number);
}

/** A file that went away since it was listed has a successor: whoever asks looks again. */
async function readHolder(directory: HostPath, generation: number): Promise<Holder> {
  const text = await readFile(join(directory, String(generation)), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    },
  );
  const [, pid, started] = /^(\d+) (\w+)\n$/.exec(text) ?? [];
  return pid === undefined || started === undefined ? 'free' : { pid: Number(pid), started };
}

async function claim(
  directory: HostPath,
  generation: number,
  me: ProcessIdentity,
): Promise<AsyncDisposable | undefined> {
  const path = join(directory, String(generation));
  const draft = join(directory, `${lockDraftPrefix}${ownedName(me)}`);
  await writeFile(draft, `${me.pid} ${me.started}\n`, { flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const others = await generations(directory);
  // Linking into a gap below the newest takes nothing.
  if (others.some((other) => other > generation)) {
    await rm(path, { force: true });
    return undefined;
  }
  for (const other of others)
    if (other < generation) await rm(join(directory, String(other)), { force: true });
  return {
    async [Symbol.asyncDispose]() {
      await writeFile(draft, 'free\n', { flag: 'wx' });
      await rename(draft, path);
    },
  };
}
