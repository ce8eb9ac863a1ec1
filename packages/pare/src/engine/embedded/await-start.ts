import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';

/** Where inotify has no more instances to give. */
const pollMs = 5;

/**
 * Waits until a file is there and not empty, or `over` settles; whichever is first. runc makes its file by a rename, crun (1.8) opens it
 * and then writes it at once.
 */
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
        if (hasContent(path)) resolve(true);
      };
      try {
        watcher = watch(directory, look);
        watcher.once('error', () => {
          timer ??= setInterval(look, pollMs);
        });
      } catch {
        timer = setInterval(look, pollMs);
      }
      const end = () => resolve(hasContent(path));
      over.then(end, end);
      look();
    });
  } finally {
    watcher?.close();
    clearInterval(timer);
  }
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
