import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../model/pare-error.ts';
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

// What the turns of processes are tested with is in @pare/oci.
describe('the lock of the store', () => {
  it('is there before its directory is, lets one caller in at a time and leaves no file behind', async () => {
    await writeFile(counter, '0');
    await Promise.all([addTo(counter, 10), addTo(counter, 10)]);
    expect(await readFile(counter, 'utf8')).toBe('20');
    expect(await readdir(directory)).toEqual([]);
  });

  it('gives up with the reason of the signal', async () => {
    await using _held = await takeLock(directory);
    const controller = new AbortController();
    const waiting = takeLock(directory, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow(/enough|aborted/);
  });

  it('gives up in the end where a live owner keeps it, and says who', async () => {
    await using _held = await takeLock(directory);
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 61_000;
      return now;
    });
    try {
      const error = await takeLock(directory).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PareError);
      expect(error).toMatchObject({
        code: 'timed-out',
        message: expect.stringContaining(`process ${process.pid} `),
        hint: expect.stringContaining('end that process'),
      });
    } finally {
      clock.mockRestore();
    }
  });
});
