import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath, isAlive, ownedName, ownerOfName, ownIdentity } from '@pare/oci';
import { removeTree } from './remove-tree.ts';

/** A directory for what is being made, on the store's own file system. */
export interface Temporary extends AsyncDisposable {
  readonly directory: HostPath;
}

/** Makes one; disposing of it removes it with all that is in it. Its name says who made it. */
export async function makeTemporary(parent: HostPath): Promise<Temporary> {
  const directory = hostPath(join(parent, ownedName(await ownIdentity())));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return { directory, [Symbol.asyncDispose]: () => removeTree(directory) };
}

/** What killed processes left among files whose names say who made them; strange names count as left. */
export async function findAbandoned(parent: HostPath): Promise<readonly HostPath[]> {
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: HostPath[] = [];
  for (const name of names) {
    const owner = ownerOfName(name);
    if (owner === undefined || !(await isAlive(owner))) found.push(hostPath(join(parent, name)));
  }
  return found;
}
