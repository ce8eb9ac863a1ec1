import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The control groups of this machine whose name begins so, in every hierarchy. Those of others may come and go meanwhile. */
export function controlGroups(prefix: string, below = '/sys/fs/cgroup'): readonly string[] {
  return directoriesIn(below).flatMap(({ name }) => {
    const group = join(below, name);
    return [...(name.startsWith(prefix) ? [group] : []), ...controlGroups(prefix, group)];
  });
}

function directoriesIn(place: string): readonly Dirent[] {
  try {
    return readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
}
