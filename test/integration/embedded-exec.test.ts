import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RealEngine, realEmbeddedEngine, testBase } from '../../packages/testkit/src/index.ts';
import { shell, specOf } from './engine/run-container.ts';

describe.each(['runc', 'crun'])('a command in a container of %s', (runtime) => {
  let real: RealEngine;
  beforeAll(async () => {
    vi.stubEnv('PARE_RUNTIME', runtime);
    real = await realEmbeddedEngine([testBase()]);
    vi.unstubAllEnvs();
  });
  afterAll(() => real?.[Symbol.asyncDispose]());
  const started = async (script: string) => {
    const container = await real.engine.createContainer(specOf(testBase(), {}, shell(script)));
    await container.start();
    return container;
  };
  const runtimesOfCommands = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return command.includes(real.directory) && command.includes('--process');
      } catch {
        return false;
      }
    });
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  it('has no signal ignored, and neither has the application', async () => {
    expect(real.engine.info.version).toContain(`(${runtime} `);
    await using container = await started('grep SigIgn /proc/self/status >/tmp/ignored; exec sleep 600');
    const ignored = /^SigIgn:\s0{16}\n$/;
    await expect
      .poll(async () => text((await container.exec(['cat', '/tmp/ignored'])).stdout))
      .toMatch(ignored);
    const { stdout } = await container.exec(['grep', 'SigIgn', '/proc/self/status']);
    expect(text(stdout)).toMatch(ignored);
  });

  it('runs beside many others, each with its own output and exit code', async () => {
    await using container = await started('exec sleep 600');
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        container.exec(['sh', '-c', `echo out ${index}; echo err ${index} >&2; exit ${index}`]),
      ),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map((_, index) => index));
    expect(results.map(({ stdout }) => text(stdout))).toEqual(results.map((_, index) => `out ${index}\n`));
    expect(results.map(({ stderr }) => text(stderr))).toEqual(results.map((_, index) => `err ${index}\n`));
  });

  it('that is given up ends at once for who waits, and the next one runs', async () => {
    await using container = await started('exec sleep 600');
    const abort = new AbortController();
    const given = container.exec(['sh', '-c', 'touch /tmp/there; exec sleep 600'], { signal: abort.signal });
    await expect.poll(async () => (await container.exec(['test', '-e', '/tmp/there'])).exitCode).toBe(0);
    abort.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await expect.poll(runtimesOfCommands).toEqual([]);
    expect((await container.exec(['true'])).exitCode).toBe(0);
  });

  it('ends with the container', async () => {
    await using container = await started('exec sleep 600');
    const going = container.exec(['sh', '-c', 'touch /tmp/there; exec sleep 600']);
    await expect.poll(async () => (await container.exec(['test', '-e', '/tmp/there'])).exitCode).toBe(0);
    await container.kill('KILL');
    expect((await going).exitCode).toBe(137);
    await expect(container.exec(['true'])).rejects.toMatchObject({ code: 'engine-failed' });
  });
});
