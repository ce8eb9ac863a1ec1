import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { controlGroups, realEngine } from '@pare/testkit';
import type { ImageStore } from '../../../packages/pare/src/ports/image-store.ts';
import { openImageStore } from '../../../packages/pare/src/store/image-store.ts';
import { removeImages } from '../docker.ts';
import { buildTestImages } from './docker-place.ts';
import { namesFor, type Place } from './place.ts';

/** The embedded engine with a store of its own. */
export async function openEmbeddedPlace(): Promise<Place> {
  const { images, slim } = namesFor('embedded');
  const directory = await mkdtemp(join(tmpdir(), 'pare-embedded-place-'));
  const data = join(directory, 'pare');
  const store = await openImageStore({
    root: hostPath(join(data, 'store')),
    cacheDirectory: hostPath(join(directory, 'cache')),
  });
  await fillStore(store, images);
  return {
    engine: 'embedded',
    environment: { XDG_DATA_HOME: directory },
    images,
    slim,
    look: lookAt(directory, store),
    async forgetSlim() {
      for (const { id, tags } of await store.list()) if (tags.includes(slim)) await store.remove(id);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Looks at all that the embedded engine whose data is below a directory could leave there, or in the kernel. */
export function lookAt(directory: string, store: Pick<ImageStore, 'list'>): () => Promise<unknown> {
  const data = join(directory, 'pare');
  // Groups of others that run beside this test hold processes.
  const groupsBefore = new Set(emptyGroups());
  return async () => ({
    processes: processesOf(directory),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory)),
    groups: emptyGroups().filter((group) => !groupsBefore.has(group)),
    engine: ['c', 'n', 'volumes'].map((name) => namesIn(join(data, 'engine', name))),
    store: ['tmp', 'leases', 'blobs/sha256'].map((name) => namesIn(join(data, 'store', name))),
    layers: namesIn(join(data, 'store/layers')).map((name) => layersIn(join(data, 'store/layers', name))),
    lockDrafts: namesIn(join(data, 'store/lock')).filter((name) => !/^\d+$/.test(name)),
    tags: (await store.list()).map(({ id, tags }) => ({ id, tags })),
  });
}

/** The images come from Docker, which keeps none of them. */
async function fillStore(store: ImageStore, images: Place['images']): Promise<void> {
  await buildTestImages(images);
  try {
    await using docker = await realEngine();
    for (const reference of Object.values(images)) {
      await using image = await docker.engine.openImage(reference);
      const { id } = await store.put(image, { tags: [reference] });
      // Unpacked now: no build has to.
      await (await store.layerDirectories(id))[Symbol.asyncDispose]();
    }
  } finally {
    await removeImages(images.works, images.fails);
  }
}

/** Links that are kept for the next build of an image go with the image, as its layers do. */
function layersIn(directory: string): readonly string[] {
  return namesIn(directory).filter((name) => !name.startsWith('links-'));
}

function namesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).toSorted() : [];
}

/** The command lines of processes that know of a directory. */
function processesOf(directory: string): readonly string[] {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return `${environment}${command}`.includes(directory) ? [command.replaceAll('\0', ' ')] : [];
      } catch {
        return [];
      }
    });
}

/** Control groups of containers in which there is no process. */
function emptyGroups(): readonly string[] {
  return controlGroups('pare-').filter((group) => {
    try {
      return readFileSync(join(group, 'cgroup.procs'), 'latin1') === '';
    } catch {
      return false;
    }
  });
}
