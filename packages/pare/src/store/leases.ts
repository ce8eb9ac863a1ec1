import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, ownedName, ownerOfName, ownIdentity } from '@pare/oci';
import type { StoreLayout } from './store-layout.ts';

/** Says that this process uses unpacked layers, by their places below `layers`. Dispose of it to give them back. */
export async function takeLease(
  { leases }: StoreLayout,
  places: readonly string[],
): Promise<AsyncDisposable> {
  const file = join(leases, ownedName(await ownIdentity()));
  await writeFile(file, places.map((place) => `${place}\n`).join(''), { flag: 'wx' });
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** What live processes use. */
export async function leasedPlaces({ leases }: StoreLayout): Promise<ReadonlySet<string>> {
  const names = await readdir(leases).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const places = new Set<string>();
  for (const name of names) {
    const owner = ownerOfName(name);
    if (owner === undefined || !(await isAlive(owner))) continue;
    // A lease that is given back meanwhile holds nothing.
    const text = await readFile(join(leases, name), 'utf8').catch(() => '');
    for (const place of text.split('\n')) if (place !== '') places.add(place);
  }
  return places;
}
