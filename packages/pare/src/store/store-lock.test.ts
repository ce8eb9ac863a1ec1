import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeLock } from './store-lock.ts';

let directory: HostPath;
let counter: string;
beforeEach(async () => {
  const base = await mkdtemp(join(tmpdir(), 'pare-lock-'));
  directory = hostPath(join(base, 'lock'));
  counter = join(base, 'counter');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

/** Adds to a number in a file, which loses updates unless one does so at a time. */
async function addTo(path: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await using _lock = await takeLock(directory);
    const before = Number(await readFile(path, 'utf8'));
    await writeFile(path, String(before + 1));
  }
}

describe('the lock of the store', () => {
  it('lets one process in at a time, and one caller in a process', async () => {
    await writeFile(counter, '0');
    const script = `
      import { takeLock } from ${JSON.stringify(join(import.meta.dirname, 'store-lock.ts'))};
      import { readFile, writeFile } from 'node:fs/promises';
      for (let round = 0; round < 10; round++) {
        const lock = await takeLock(${JSON.stringify(directory)});
        await writeFile(${JSON.stringify(counter)}, String(Number(await readFile(${JSON.stringify(counter)}, 'utf8')) + 1));
        await lock[Symbol.asyncDispose]();
      }`;
    const children = [1, 2].map(
      () =>
        new Promise((resolve) =>
          spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }).on(
            'close',
            resolve,
          ),
        ),
    );
    const codes = await Promise.all([...children, addTo(counter, 10), addTo(counter, 10)]);
    expect(codes).toEqual([0, 0, undefined, undefined]);
    expect(await readFile(counter, 'utf8')).toBe('40');
  });

  it('is taken from an owner that is dead, and from one whose PID another process has now', async () => {
    for (const owner of ['4194303 123', `${process.pid} 1`]) {
      const lock = await takeLock(directory);
      const [name = ''] = await readdir(directory);
      await lock[Symbol.asyncDispose]();
      await writeFile(join(directory, String(Number(name))), `${owner}\n`);
      await using _taken = await takeLock(directory);
    }
  });

  it('waits for a live owner, and gives up with the reason of the signal', async () => {
    await using _held = await takeLock(directory);
    const controller = new AbortController();
    const waiting = takeLock(directory, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow(/enough|aborted/);
  });

  it('gives up in the end where a live owner keeps it, and says who', async () => {
    await using _held = await takeLock(directory);
    vi.useFakeTimers({ toFake: ['Date'] });
    // Every look at the clock is later than all patience.
    const hurry = setInterval(() => vi.setSystemTime(Date.now() + 121_000), 1);
    try {
      await expect(takeLock(directory)).rejects.toMatchObject({
        code: 'timed-out',
        message: expect.stringContaining(`process ${process.pid} `),
      });
    } finally {
      clearInterval(hurry);
      vi.useRealTimers();
    }
  });

  it('leaves one file behind', async () => {
    for (let round = 0; round < 3; round++) await (await takeLock(directory))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toHaveLength(1);
  });
});
