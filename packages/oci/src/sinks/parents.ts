import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './atomic-file.ts';

/** A directory, or where it is not there the nearest one above it that is. What is made there can be renamed to below it. */
export async function nearestDirectory(path: string): Promise<string> {
  for (let nearest = path; ; nearest = dirname(nearest))
    if (nearest === dirname(nearest) || (await isThere(nearest))) return nearest;
}

/**
 * Makes the directory that `place` is to be put in, and all that it lacks above it. Disposing of it removes those that were made here and have nothing
 * in them: none, once there is something at `place`.
 */
export async function makeParents(place: string): Promise<AsyncDisposable> {
  const made: string[] = [];
  const removeEmpty = async () => {
    // The innermost first: one with something in it is somebody's, and so are those above it.
    for (const path of made.toReversed()) await rmdir(path).catch(() => undefined);
  };
  try {
    const nearest = await nearestDirectory(dirname(place));
    const missing: string[] = [];
    for (let path = dirname(place); path !== nearest; path = dirname(path)) missing.unshift(path);
    for (const path of missing) {
      if (!(await makeDirectory(path))) continue;
      made.push(path);
      await syncDirectory(dirname(path));
    }
  } catch (error) {
    await removeEmpty();
    throw error;
  }
  return { [Symbol.asyncDispose]: removeEmpty };
}

/** Gives whether it was made here: not by somebody else meanwhile. */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
