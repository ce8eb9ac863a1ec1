import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { docker, openThrowawayUser } from '@pare/testkit';
import { openImageStore } from '../../../packages/pare/src/store/image-store.ts';
import { removeImages } from '../docker.ts';
import { openScratch, runPare, startPare } from '../pare-command.ts';
import { buildTestImages } from './docker-place.ts';
import { lookAt } from './embedded-place.ts';
import { namesFor, type Place } from './place.ts';

/** The embedded engine of a normal user with subordinate IDs, who is made for this and goes with it. */
export async function openRootlessPlace(): Promise<Place> {
  const { images, slim } = namesFor('rootless');
  // The bundle of a checkout is made by whom the checkout belongs to.
  await using scratch = await openScratch();
  await runPare(['--version'], scratch);
  const user = await openThrowawayUser();
  try {
    const directory = join(user.home, 'data');
    await mkdir(directory);
    await chown(directory, user.uid, user.uid);
    const environment = { ...user.environment, XDG_DATA_HOME: directory };
    const pare = async (...args: readonly string[]) => {
      const own = { ...scratch, temporary: user.home };
      const all = ['--engine', 'embedded', ...args];
      const { code, stderr } = await startPare(all, own, environment, user.home, user.command).ended;
      if (code !== 0) throw new Error(stderr);
    };
    const archive = join(user.home, 'images.tar');
    await buildTestImages(images);
    try {
      await docker(['save', '--output', archive, images.works, images.fails]);
    } finally {
      await removeImages(images.works, images.fails);
    }
    await chown(archive, user.uid, user.uid);
    await pare('load', archive);
    // Its layers are unpacked by the first build.
    await pare('build', '--artifacts', join(user.home, 'artifacts'), '--tag', slim, images.works);
    await pare('rmi', slim);
    const store = await openImageStore({
      root: hostPath(join(directory, 'pare/store')),
      cacheDirectory: hostPath(join(user.home, '.cache')),
    });
    return {
      engine: 'embedded',
      environment,
      user: { uid: user.uid, as: user.command },
      images,
      slim,
      look: lookAt(directory, store),
      async forgetSlim() {
        if ((await store.list()).some(({ tags }) => tags.includes(slim))) await pare('rmi', slim);
      },
      [Symbol.asyncDispose]: () => user[Symbol.asyncDispose](),
    };
  } catch (error) {
    await user[Symbol.asyncDispose]();
    throw error;
  }
}
