import { readdir } from 'node:fs/promises';
import { type EngineSnapshot, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare, type Scratch, startPare } from './pare-command.ts';

const fat = 'pare-e2e/leaves-nothing:test';
const slim = 'pare-e2e/leaves-nothing.slim:test';
const moments = 20;

let before: EngineSnapshot;
/** How long an undisturbed build takes here: the moments are spread over it. */
let wholeMs: number;

const buildArguments = (scratch: Scratch) => ['build', '--artifacts', scratch.artifacts, '--tag', slim, fat];

beforeAll(async () => {
  const dockerfile = `FROM BASE\nEXPOSE 80\nVOLUME /data\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]`;
  await buildImage(fat, dockerfile, { 'server.pl': perlServer(200, '<p>fine</p>') });
  before = await engineSnapshot();
  await using scratch = await openScratch();
  const start = performance.now();
  const ended = await runPare(buildArguments(scratch), scratch);
  wholeMs = performance.now() - start;
  expect(ended.stderr).toContain('all the same');
  await removeImages(slim);
  expect(await engineSnapshot()).toEqual(before);
  expect(await filesIn(scratch)).toEqual([]);
});

afterAll(() => removeImages(slim, fat));

async function filesIn(scratch: Scratch): Promise<readonly string[]> {
  const entries = await readdir(scratch.temporary, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

/** A build that is sent a signal at a random moment of the given slice of its life. */
async function interruptedBuild(scratch: Scratch, slice: number, signal: NodeJS.Signals) {
  const { child, ended } = startPare(buildArguments(scratch), scratch);
  const delayMs = ((slice + Math.random()) / moments) * wholeMs;
  const timer = setTimeout(() => child.kill(signal), delayMs);
  const result = await ended;
  clearTimeout(timer);
  return { ...result, delayMs };
}

test.each(Array.from({ length: moments }, (_, slice) => slice))(
  'Ctrl-C in slice %i of a build leaves nothing',
  async (slice) => {
    await using scratch = await openScratch();
    const { code, signal, delayMs, stderr } = await interruptedBuild(scratch, slice, 'SIGINT');
    const outcome = `after ${delayMs.toFixed(0)} ms: code ${code}, signal ${signal}\n${stderr}`;
    // Before Pare listens for it the signal ends the process as it does any; a build that was faster has its image.
    const builtBefore = code === 0;
    expect(builtBefore || code === 130 || signal === 'SIGINT', outcome).toBe(true);
    if (builtBefore) await removeImages(slim);
    expect(await engineSnapshot(), outcome).toEqual(before);
    expect(await filesIn(scratch), outcome).toEqual([]);
  },
);

test.each(Array.from({ length: moments }, (_, slice) => slice))(
  'SIGKILL in slice %i of a build leaves nothing that pare gc does not remove',
  async (slice) => {
    await using scratch = await openScratch();
    const { code, delayMs } = await interruptedBuild(scratch, slice, 'SIGKILL');
    const collected = await runPare(['gc', '--json'], scratch);
    expect(collected.code, collected.stderr).toBe(0);
    const outcome = `after ${delayMs.toFixed(0)} ms: code ${code}; gc said ${collected.stdout}`;
    // Its tag is the last thing that a build makes: an image that has it was verified, and is the user's.
    await removeImages(slim);
    expect(await engineSnapshot(), outcome).toEqual(before);
    expect(await filesIn(scratch), outcome).toEqual([]);
  },
);

test('gc leaves a build alone that is still going on', async () => {
  await using scratch = await openScratch();
  const { ended } = startPare(buildArguments(scratch), scratch);
  const collected = await runPare(['gc', '--json'], scratch);
  expect(collected.code).toBe(0);
  expect((await ended).code).toBe(0);
  await removeImages(slim);
});
