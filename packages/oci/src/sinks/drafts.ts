import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDraftName, writerOf } from './draft-names.ts';
import { takeBackClaims } from './layout-additions.ts';

/**
 * The drafts in a directory whose writers are gone. Those of another machine or container that shares the directory are nobody's to
 * judge here; a directory that is not there has none.
 */
export async function findStaleDrafts(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const stale: string[] = [];
  for (const name of names) {
    const draft = parseDraftName(name);
    if (draft !== undefined && (await writerOf(draft)) === 'gone') stale.push(join(directory, name));
  }
  return stale;
}

/** Removes them. One that cannot be removed is in nobody's way. */
export async function removeStaleDrafts(directory: string): Promise<void> {
  for (const path of await findStaleDrafts(directory)) await removeDraft(path).catch(() => undefined);
}

/** Removes a draft that was given up, and what it had begun to put into the layout around it. */
export async function removeDraft(path: string): Promise<void> {
  await takeBackClaims(path);
  await rm(path, { recursive: true, force: true });
}
