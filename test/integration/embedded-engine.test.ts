import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readTar } from '@pare/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RealEngine, realEmbeddedEngine, type TestImage } from '../../packages/testkit/src/index.ts';
import { contractImage, dockerWays, engineContract } from './engine/contract.ts';
import { ask, outcomeOf, perlHello, shell, specOf } from './engine/run-container.ts';

let real: RealEngine;
let image: TestImage;
beforeAll(async () => {
  image = await contractImage();
  real = await realEmbeddedEngine([image.reference]);
});
afterAll(async () => {
  await real?.[Symbol.asyncDispose]();
  await image?.[Symbol.asyncDispose]();
});

engineContract(() => ({ real, image }), { ...dockerWays, unknownNetwork: 'usage' });

const mountsHere = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(real.directory));

it('is reached through a socket, also by a burst of requests', async () => {
  await using container = await real.engine.createContainer(
    specOf(image.reference, { user: 'keeper' }, { argv: perlHello(80), publishLoopback: ['80/tcp'] }),
  );
  await container.start();
  const [inside] = await container.ports();
  expect(inside?.socketPath).toBeDefined();
  await expect.poll(() => ask(inside), { timeout: 10_000 }).toBe('hello');
  const burst = await Promise.all(Array.from({ length: 300 }, () => ask(inside)));
  expect(new Set(burst)).toEqual(new Set(['hello']));
});

it('refuses a user that the image does not have', async () => {
  const spec = specOf(image.reference, { user: 'nobody-knows' }, shell('true'));
  await expect(outcomeOf(real.engine, spec)).rejects.toMatchObject({ code: 'image-invalid' });
  expect(await real.engine.listOwned()).toEqual({ containers: [], volumes: [], networks: [] });
});

it('gives and takes files, and follows no link out of it', async () => {
  await using container = await real.engine.createContainer(
    specOf(image.reference, {}, shell('exec sleep 600')),
  );
  const names = async (path: string) => {
    const found: string[] = [];
    for await (const { header } of readTar(container.copyOut(path)))
      found.push(header.name.replace(/^\.\//, ''));
    return found;
  };
  expect(await names('/etc/passwd')).toEqual(['passwd']);
  await expect(names('/etc/nothing')).rejects.toMatchObject({ code: 'engine-failed' });
  await container.start();
  await container.exec(['ln', '-s', real.directory, '/escape']);
  await expect(names('/escape/source')).rejects.toMatchObject({ code: 'engine-failed' });
  const archive = container.copyOut('/kept/file');
  await container.copyIn('/tmp', archive);
  expect(String((await container.exec(['cat', '/tmp/file'])).stdout)).toBe('text\n');
});

it('keeps nothing open that would keep its process from ending, whenever it is aborted', async () => {
  const open = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes(real.directory);
      } catch {
        return false;
      }
    });
  const spec = specOf(image.reference, {}, shell('sleep 600'));
  const createOnce = async () => {
    const start = performance.now();
    await (await real.engine.createContainer(spec))[Symbol.asyncDispose]();
    return performance.now() - start;
  };
  // The first one unpacks the layers.
  await createOnce();
  const wholeMs = await createOnce();
  for (let moment = 0; moment < 30; moment += 1) {
    const signal = AbortSignal.timeout(Math.round((moment / 30) * wholeMs));
    const container = await real.engine.createContainer(spec, signal).catch(() => undefined);
    await container?.[Symbol.asyncDispose]();
  }
  await expect.poll(open).toEqual([]);
});

it('leaves nothing: no mount, process, directory or cgroup', async () => {
  const run = { volumes: ['/anonymous'], memoryBytes: 2 ** 28 };
  const script = 'echo x >/anonymous/file; cat /proc/self/cgroup';
  const { stdout } = await outcomeOf(real.engine, specOf(image.reference, run, shell(script)));
  const [group = ''] = /pare-[0-9a-f]+/.exec(stdout) ?? [];
  expect(group).not.toBe('');
  expect(mountsHere()).toEqual([]);
  const engine = join(real.directory, 'data/engine');
  for (const place of ['c', 'n', 'volumes'])
    expect(existsSync(join(engine, place)) ? readdirSync(join(engine, place)) : []).toEqual([]);
  expect(execFileSync('find', ['/sys/fs/cgroup', '-name', group], { encoding: 'utf8' })).toBe('');
});
