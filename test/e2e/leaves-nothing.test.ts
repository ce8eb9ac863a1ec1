import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDockerPlace } from './leaves-nothing/docker-place.ts';
import { openEmbeddedPlace } from './leaves-nothing/embedded-place.ts';
import { openLayoutSink } from './leaves-nothing/layout-sink.ts';
import type { Place } from './leaves-nothing/place.ts';
import { randomNumbers } from './leaves-nothing/random-moments.ts';
import { openRootlessPlace } from './leaves-nothing/rootless-place.ts';
import { openScratch, runPare, type Scratch, startPare } from './pare-command.ts';

/**
 * A build is disturbed at so many moments on each engine, spread over its whole life, each at random within its slice.
 * PARE_LEAVES_MOMENTS and PARE_LEAVES_SEED choose others, and the same ones again.
 */
const asked = process.env.PARE_LEAVES_MOMENTS;
const moments = (usual: number) => Array.from({ length: Number(asked ?? usual) }, (_, slice) => slice);
const seed = Number(process.env.PARE_LEAVES_SEED ?? Date.now() % 2 ** 31);

const places = [
  { name: 'docker', open: openDockerPlace, usual: 20 },
  { name: 'embedded', open: openEmbeddedPlace, usual: 8 },
  { name: 'embedded as a normal user', open: openRootlessPlace, usual: 3 },
] as const;

describe.each(places)('a build on $name', ({ open, usual }) => {
  const random = randomNumbers(seed);
  const slices = moments(usual);
  let place: Place;
  let before: unknown;
  /** How long an undisturbed build takes here: the moments are spread over it. */
  let wholeMs: number;

  const pare = (args: readonly string[], scratch: Scratch) =>
    startPare(
      ['--engine', place.engine, ...args],
      scratch,
      { ...place.environment, TMPDIR: scratch.temporary },
      undefined,
      place.user?.as,
    );
  const build = async (scratch: Scratch) => {
    await mkdir(out(scratch), { recursive: true });
    const layout = await openLayoutSink(join(scratch.directory, 'layout'));
    await give(scratch, place);
    const sinks = [layout.sink, `docker-archive:${join(out(scratch), 'slim.tar')}`, place.slim];
    const to = sinks.flatMap((sink) => ['--to', sink]);
    const started = pare(['build', '--artifacts', scratch.artifacts, ...to, place.images.works], scratch);
    return { ...started, layout };
  };
  /** A moment that is over at once: the kernel's own tidying after a kill is not. */
  const expectNothingLeft = async (scratch: Scratch, outcome: string) => {
    await vi.waitFor(async () => expect(await place.look(), outcome).toEqual(before), { timeout: 10_000 });
    expect(await filesIn(scratch.temporary), outcome).toEqual([]);
  };

  beforeAll(async () => {
    console.log(`PARE_LEAVES_SEED=${seed}`);
    place = await open();
    before = await place.look();
    await using scratch = await openScratch();
    const start = performance.now();
    const { ended: end, layout } = await build(scratch);
    const ended = await end;
    wholeMs = performance.now() - start;
    expect(ended.stderr).toContain('all the same');
    expect(await filesIn(out(scratch))).toEqual(['slim.tar']);
    expect(await layout.faults()).toEqual([]);
    await place.forgetSlim();
    await expectNothingLeft(scratch, 'a build that nobody disturbed');
  });
  afterAll(() => place?.[Symbol.asyncDispose]());

  /** A build that is sent a signal at a random moment of the given slice of its life. */
  const interruptedBuild = async (scratch: Scratch, slice: number, signal: NodeJS.Signals) => {
    const { child, ended, layout } = await build(scratch);
    const delayMs = ((slice + random()) / slices.length) * wholeMs;
    const timer = setTimeout(() => child.kill(signal), delayMs);
    const result = await ended;
    clearTimeout(timer);
    return { ...result, delayMs, layout };
  };

  test('leaves nothing when it fails', async () => {
    await using scratch = await openScratch();
    const sink = ['--to', `docker-archive:${join(scratch.temporary, 'slim.tar')}`];
    await give(scratch, place);
    const built = pare(['build', '--artifacts', scratch.artifacts, ...sink, place.images.fails], scratch);
    const { code, stderr } = await built.ended;
    expect(stderr).toContain('the reason');
    expect(code).not.toBe(0);
    await expectNothingLeft(scratch, stderr);
  });

  test.each(slices)('leaves nothing after Ctrl-C in slice %i', async (slice) => {
    await using scratch = await openScratch();
    const { code, signal, delayMs, stderr, layout } = await interruptedBuild(scratch, slice, 'SIGINT');
    const outcome = `after ${delayMs.toFixed(0)} ms, seed ${seed}: code ${code}, signal ${signal}\n${stderr}`;
    // Before Pare listens for it the signal ends the process as it does any; a build that was faster has its image.
    const builtBefore = code === 0;
    expect(builtBefore || code === 130 || signal === 'SIGINT', outcome).toBe(true);
    // What was delivered before the signal came is the user's.
    await place.forgetSlim();
    expect(['', 'slim.tar'], outcome).toContain((await filesIn(out(scratch))).join());
    expect(await layout.faults(), outcome).toEqual([]);
    await expectNothingLeft(scratch, outcome);
  });

  test.each(slices)(
    'leaves nothing after SIGKILL in slice %i that pare gc does not remove',
    async (slice) => {
      await using scratch = await openScratch();
      const { code, delayMs, layout } = await interruptedBuild(scratch, slice, 'SIGKILL');
      const collected = await pare(['gc', '--json'], scratch).ended;
      expect(collected.code, collected.stderr).toBe(0);
      const outcome = `after ${delayMs.toFixed(0)} ms, seed ${seed}: code ${code}; gc said ${collected.stdout}`;
      // Delivering is the last thing that a build does: an image that was delivered was verified, and is the user's.
      await place.forgetSlim();
      expect(['', 'slim.tar'], outcome).toContain((await filesIn(out(scratch))).join());
      expect(await layout.faults(), outcome).toEqual([]);
      await expectNothingLeft(scratch, outcome);
    },
  );

  test('is left alone by gc while it is going on', async () => {
    await using scratch = await openScratch();
    const { ended } = await build(scratch);
    const collected = await pare(['gc', '--json'], scratch).ended;
    expect(collected.code, collected.stderr).toBe(0);
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    await place.forgetSlim();
  });
});

const out = (scratch: Scratch) => join(scratch.directory, 'out');

/** Makes a scratch directory that of the place's user. */
async function give(scratch: Scratch, { user }: Place): Promise<void> {
  if (user === undefined) return;
  for (const entry of await readdir(scratch.directory, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), user.uid, user.uid);
  await chown(scratch.directory, user.uid, user.uid);
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

test('gc looks at every engine unless one is named, and says which did not answer', async () => {
  await using scratch = await openScratch();
  const json = async (...args: string[]) =>
    JSON.parse((await runPare([...args, 'gc', '--dry-run', '--json'], scratch)).stdout).engines;
  const all = await json();
  expect(all.looked.map((text: string) => text.split(' ')[0])).toEqual(
    expect.arrayContaining(['docker', 'embedded']),
  );
  expect((await json('--engine', 'embedded')).looked).toEqual([expect.stringMatching(/^embedded /)]);
  expect(await json('--engine', 'docker', '--host', 'unix:///nonexistent')).toBeUndefined();
});
