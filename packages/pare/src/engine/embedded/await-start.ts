import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';

/** Where inotify has no more instances to give. */
const pollMs = 5;

/** Waits until a file is there, or `over` settles; whichever is first. The file must come by a rename, whole. */
export async function fileAppears(
  directory: HostPath,
  name: string,
  over: Promise<unknown>,
): Promise<boolean> {
  const path = join(directory, name);
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve) => {
      const look = () => {
        if (existsSync(path)) resolve(true);
      };
      try {
        watcher = watch(directory, look);
        watcher.once('error', () => {
          timer ??= setInterval(look, pollMs);
        });
      } catch {
        timer = setInterval(look, pollMs);
      }
      const end = () => resolve(existsSync(path));
      over.then(end, end);
      look();
    });
  } finally {
    watcher?.close();
    clearInterval(timer);
  }
}
