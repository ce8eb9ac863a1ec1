import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { connectEmbedded } from '../../pare/src/engine/embedded/connect.ts';
import type { EmbeddedEngine } from '../../pare/src/engine/embedded/engine.ts';
import { dockerDefaultProfile } from '../../pare/src/harden/default-profile.ts';
import { openImageStore } from '../../pare/src/store/image-store.ts';
import { type RealEngine, realEngine } from './real-engine.ts';

/** The embedded engine on this user's own store, for a run of its own. Disposing of it removes what it made. */
export async function openEmbeddedEngine(): Promise<EmbeddedEngine> {
  const cacheDirectory = hostPath(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pare'));
  return connectEmbedded({
    runId: `test.${process.pid}.${randomBytes(4).toString('hex')}`,
    openStore: () => openImageStore({ cacheDirectory }),
    defaultSeccomp: dockerDefaultProfile,
  });
}

/**
 * An embedded engine with a store of its own, filled with these images of the machine's engine. Fails, rather than skip what
 * needs it, where this machine cannot run it. Disposing of it removes all.
 */
export async function realEmbeddedEngine(references: readonly string[]): Promise<RealEngine> {
  const runId = `test.${process.pid}.${randomBytes(4).toString('hex')}`;
  const directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-test-')));
  const store = await openImageStore({
    cacheDirectory: directory,
    root: hostPath(join(directory, 'data/store')),
  });
  {
    await using other = await realEngine();
    for (const reference of references) {
      await using image = await other.engine.openImage(reference);
      await store.put(image, { tags: [reference] });
    }
  }
  const engine = await connectEmbedded({
    runId,
    openStore: async () => store,
    defaultSeccomp: dockerDefaultProfile,
  });
  return {
    engine,
    runId,
    directory,
    async [Symbol.asyncDispose]() {
      try {
        await engine[Symbol.asyncDispose]();
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}
