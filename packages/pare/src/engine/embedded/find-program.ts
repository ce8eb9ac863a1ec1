import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Where Debian and others keep programs for root, which a user's PATH leaves out. */
const rootDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The search path that programs of the engine are looked for in, and run with. */
export function searchPath(path: string | undefined): string {
  const named = (path ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter((one) => isAbsolute(one));
  return [...new Set([...named, ...rootDirectories])].join(':');
}

/** The first executable of that name on a search path. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const directory of path.split(':')) {
    const candidate = join(directory, name);
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  return undefined;
}
