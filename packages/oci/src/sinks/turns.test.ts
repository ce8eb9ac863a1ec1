import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { draftPath } from './draft-names.ts';
import { takeTurn } from './turns.ts';

let base: string;
let directory: string;
let counter: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pare-turns-'));
  directory = join(base, 'place');
  counter = join(base, 'counter');
  await mkdir(directory);
  await writeFile(counter, '0');
});
afterEach(() => rm(base, { recursive: true }));

const program = join(import.meta.dirname, '../testing/count-in-turn.ts');

/** Has another process add to the counter, which loses what is added unless one does so at a time. */
async function countElsewhere(rounds: number): Promise<unknown> {
  const child = spawn(process.execPath, [program, directory, counter, String(rounds)], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return code;
}

async function countHere(rounds: number): Promise<unknown> {
  for (let round = 0; round < rounds; round += 1) {
    await using _turn = await takeTurn(directory);
    const before = Number(await readFile(counter, 'utf8'));
    await writeFile(counter, String(before + 1));
  }
  return 0;
}

/** Files as a waiter has them: with a ticket, or still choosing one. */
async function waiter(change: (path: string) => string, turn: string): Promise<string> {
  const path = `${change(await draftPath(directory))}.${turn}`;
  await writeFile(path, '');
  return path;
}

const dead = (path: string) => path.replace(`.${process.pid}.`, '.4194303.');
const replaced = (path: string) => path.replace(/\.\w+\.([0-9a-f]{12})$/, '.1.$1');
const foreign = (path: string) => path.replace(/\.pare-[0-9a-f]{8}/, '.pare-00000000');

/** Has every look at the clock that `performance` gives be `ms` later than the one before. */
function hurryClock(ms: number): Disposable {
  let now = performance.now();
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += ms;
    return now;
  });
  return { [Symbol.dispose]: () => spy.mockRestore() };
}

describe('turns', () => {
  it('let in one process at a time, and one caller in a process', async () => {
    const codes = await Promise.all([
      countElsewhere(10),
      countElsewhere(10),
      countHere(10),
      countHere(10),
      ...Array.from({ length: 10 }, () => countHere(1)),
    ]);
    expect(new Set(codes)).toEqual(new Set([0]));
    expect(await readFile(counter, 'utf8')).toBe('50');
    expect(await readdir(directory)).toEqual([]);
  });

  it('are taken in the order in which callers came', async () => {
    const order: number[] = [];
    const first = await takeTurn(directory);
    const later: Promise<void>[] = [];
    for (const caller of [1, 2, 3]) {
      const turn = takeTurn(directory);
      later.push(
        turn.then(async (held) => {
          order.push(caller);
          await held[Symbol.asyncDispose]();
        }),
      );
      await vi.waitFor(async () =>
        expect((await readdir(directory)).filter((name) => /\.\d$/.test(name))).toHaveLength(caller + 1),
      );
    }
    await first[Symbol.asyncDispose]();
    await Promise.all(later);
    expect(order).toEqual([1, 2, 3]);
  });

  it.each([
    ['the dead', dead],
    ['one whose process ID another process has now', replaced],
  ])('are not kept by %s, and nothing of it stays', async (_who, change) => {
    await waiter(change, '1');
    await waiter(change, 'choosing');
    await (await takeTurn(directory))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['1', 'choosing'])(
    'are waited for while a live process has the file %s, until the signal says otherwise',
    async (turn) => {
      const other = await waiter((path) => path, turn);
      const controller = new AbortController();
      const waiting = takeTurn(directory, controller.signal);
      await vi.waitFor(async () => expect(await readdir(directory)).toHaveLength(2));
      controller.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow(/enough|aborted/);
      expect(await readdir(directory)).toEqual([other.slice(directory.length + 1)]);
    },
  );

  it('end in an error where a live process keeps its own too long, which says who', async () => {
    await using _held = await takeTurn(directory);
    using _clock = hurryClock(61_000);
    await expect(takeTurn(directory)).rejects.toMatchObject({
      code: 'timed-out',
      message: expect.stringContaining(`process ${process.pid} `),
    });
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('of another machine are waited for, but not for long, and its files are left to it', async () => {
    const theirs = await waiter(foreign, '1');
    const controller = new AbortController();
    const waiting = takeTurn(directory, controller.signal);
    await vi.waitFor(async () => expect(await readdir(directory)).toHaveLength(2));
    controller.abort();
    await expect(waiting).rejects.toThrow();
    using _clock = hurryClock(20_000);
    await (await takeTurn(directory))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual([theirs.slice(directory.length + 1)]);
  });

  it('of another machine that were left there long ago are nobody’s', async () => {
    const theirs = await waiter(foreign, '1');
    await utimes(theirs, 1_600_000_000, 1_600_000_000);
    await using _turn = await takeTurn(directory);
  });

  it('cannot be taken where there is no directory', async () => {
    await expect(takeTurn(join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
