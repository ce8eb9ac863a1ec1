import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, openDockerArchive } from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEmbedded } from '../../packages/pare/src/engine/embedded/connect.ts';
import { dockerDefaultProfile } from '../../packages/pare/src/harden/default-profile.ts';
import { openImageStore } from '../../packages/pare/src/store/image-store.ts';
import type { RealEngine } from '../../packages/testkit/src/index.ts';
import { limitsContract } from '../integration/engine/limits-contract.ts';
import { outcomeOf, shell, specOf } from '../integration/engine/run-container.ts';

// Runs in the machine that run.ts starts, as its root: version 2 of control groups is all that there is.
const reference = 'limits:1';

describe.each(['runc', 'crun'])('the embedded engine with %s, on cgroup version 2', (runtime) => {
  let real: RealEngine;
  beforeAll(async () => {
    process.env.PARE_RUNTIME = runtime;
    const directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-cgroup-v2-')));
    const store = await openImageStore({
      cacheDirectory: directory,
      root: hostPath(join(directory, 'data/store')),
    });
    await using image = await openDockerArchive(hostPath('/image.tar'));
    await store.put(image, { tags: [reference] });
    const runId = `test.${process.pid}.${runtime}`;
    const engine = await connectEmbedded({
      runId,
      openStore: async () => store,
      defaultSeccomp: dockerDefaultProfile,
    });
    real = {
      engine,
      runId,
      directory,
      async [Symbol.asyncDispose]() {
        await engine[Symbol.asyncDispose]();
        await rm(directory, { recursive: true, force: true });
      },
    };
  });
  afterAll(() => real?.[Symbol.asyncDispose]());

  limitsContract(() => ({
    real,
    image: { reference, [Symbol.asyncDispose]: () => Promise.resolve() },
  }));

  it('finds no hierarchy of version 1, and can set every limit', async () => {
    const types = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[2]);
    expect(types.filter((type) => type?.startsWith('cgroup'))).toEqual(['cgroup2']);
    expect(real.engine.info.version).toContain(`(${runtime} `);
    expect(real.engine.info.unlimited).toEqual({});
  });

  it('refuses devices that are not of the default set', async () => {
    const said = await outcomeOf(
      real.engine,
      specOf(
        reference,
        {},
        shell('mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg; head -c 1 /dev/zero | wc -c'),
      ),
    );
    expect(said.stderr).toContain('Operation not permitted');
    expect(said.stdout).toBe('1\n');
  });

  it('leaves no group behind', async () => {
    const limited = { memoryBytes: 64 * 2 ** 20, pidsLimit: 50, cpus: 1 };
    await outcomeOf(real.engine, specOf(reference, limited, shell('exit 0')));
    expect((await readdir('/sys/fs/cgroup')).filter((name) => name.includes('pare'))).toEqual([]);
  });
});
