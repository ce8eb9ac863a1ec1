import { mkdirSync, symlinkSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { OwnedObject } from '../../ports/container-engine.ts';

const suffix = '.run';

/**
 * Writes down which run makes `id` in a directory, before there is anything of it, so that whatever a kill leaves has an owner. A
 * symbolic link holds the run's ID: it comes to be whole or not at all, as no file does. Throws with `code` EEXIST when
 * somebody made it before.
 */
export function claim(place: HostPath, id: string, runId: string): void {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  symlinkSync(runId, join(place, `${id}${suffix}`));
}

/** Takes a claim back, once nothing of it is left. */
export function release(place: HostPath, id: string): Promise<void> {
  return rm(join(place, `${id}${suffix}`), { force: true });
}

/** What is claimed in a directory, and by which run. */
export async function listClaims(place: HostPath): Promise<readonly OwnedObject[]> {
  const names = await readdir(place).catch(() => []);
  const claims = await Promise.all(
    names
      .filter((name) => name.endsWith(suffix))
      .map(async (name) => {
        // It may be taken back just now.
        const run = await readlink(join(place, name)).catch(() => undefined);
        return run === undefined ? [] : [{ id: name.slice(0, -suffix.length), run }];
      }),
  );
  return claims.flat();
}
