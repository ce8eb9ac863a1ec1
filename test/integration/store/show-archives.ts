/** Run as a process of its own, also in a user namespace: takes archives into a store, and prints what overlayfs shows of each. */
import { join } from 'node:path';
import { hostPath, openDockerArchive } from '@pare/oci';
import { openImageStore } from '../../../packages/pare/src/store/image-store.ts';
import { overlayView } from './overlay-view.ts';

const [place = '', scratch = '', ...archives] = process.argv.slice(2);
const store = await openImageStore({
  root: hostPath(join(place, 'store')),
  cacheDirectory: hostPath(join(place, 'cache')),
});
const shown = [];
for (const archive of archives) {
  await using image = await openDockerArchive(hostPath(archive));
  const { id } = await store.put(image);
  await using held = await store.layerDirectories(id);
  const { directories, userxattr, leftOut } = held;
  shown.push({ userxattr, leftOut, view: await overlayView(directories, scratch, userxattr) });
}
console.log(JSON.stringify(shown));
