import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

const served = 'pare-e2e/verified:test';
const counting = 'pare-e2e/counting:test';
const slim = 'pare-e2e/verified.slim:test';

/** Answers with a part that its first start does not read: what one run used is then not all that it needs. */
const countingServer = `open my $seen, '<', '/state/starts'; my $starts = $seen ? <$seen> : 0; close $seen if $seen;
open my $count, '>', '/state/starts' or die $!; print $count $starts + 1; close $count;
my $name = '/parts/' . ($starts == 0 ? 'first' : 'later');
open my $part, '<', $name or die "cannot read $name: $!";
${perlServer(200, '<p>fine</p>')}`;

beforeAll(async () => {
  await buildImage(served, `FROM BASE\nEXPOSE 80\nCOPY server.pl /srv/\nCMD ["perl","/srv/server.pl"]`, {
    'server.pl': perlServer(200, '<p>fine</p>'),
  });
  await buildImage(
    counting,
    `FROM BASE\nEXPOSE 80\nRUN mkdir /parts && echo 1 > /parts/first && echo 2 > /parts/later\nCOPY server.pl /srv/\nCMD ["perl","/srv/server.pl"]`,
    { 'server.pl': countingServer },
  );
});

afterAll(() => removeImages(slim, served, counting));

test('a slim image that lacks what it needs fails, tags nothing, names the file and leaves nothing behind', async () => {
  await using scratch = await openScratch();
  const before = await engineSnapshot();
  const ended = await runPare(
    ['build', '--exclude', '/srv/server.pl', '--artifacts', scratch.artifacts, '--tag', slim, served],
    scratch,
  );
  expect(ended.code, ended.stderr).toBe(30);
  expect(ended.stdout).toContain('/srv/server.pl');
  expect(await engineSnapshot()).toEqual(before);
  const report = JSON.parse(await readFile(join(scratch.artifacts, 'report.json'), 'utf8'));
  expect(report.verdict.passed).toBe(false);
  expect(report.slim).toBeUndefined();
  expect(report.tags).toEqual([]);
});

test('what only a later start asks for is put back, with a reason, and the image then passes', async () => {
  await using scratch = await openScratch();
  const state = join(scratch.temporary, 'state');
  await mkdir(state);
  await writeFile(join(state, 'starts'), '0');
  const ended = await runPare(
    [
      'build',
      '--keep',
      'observed',
      '-v',
      `${state}:/state`,
      '--artifacts',
      scratch.artifacts,
      '--tag',
      slim,
      counting,
    ],
    scratch,
  );
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const report = JSON.parse(await readFile(join(scratch.artifacts, 'report.json'), 'utf8'));
  expect(report.repairRounds).toBe(1);
  const kept = report.plan.kept.find((one: { path: string }) => one.path === '/parts/later');
  expect(kept.reasons).toContainEqual(expect.objectContaining({ kind: 'put-back', round: 1 }));
  // A third image, without the first part's neighbour, would not start: the tagged one does.
  const look = ['-e', 'print -e "/parts/later" ? "there" : "gone"'];
  const logs = await docker(['run', '--rm', '-v', `${state}:/state`, '--entrypoint', 'perl', slim, ...look]);
  expect(logs).toBe('there');
});
