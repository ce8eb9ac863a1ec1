import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnvFile } from './env-file.ts';

test('takes lines literally, skips comments, and passes on what is set', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pare-env-file-'));
  const file = join(directory, 'env');
  await writeFile(file, '# a comment\nA=1\n\n  B="quoted # not a comment"\r\nPASSED\nUNSET\n');
  expect(await readEnvFile(file, { PASSED: 'on' })).toEqual([
    'A=1',
    'B="quoted # not a comment"',
    'PASSED=on',
  ]);
  await rm(directory, { recursive: true });
});

test('names the file that is not there', async () => {
  await expect(readEnvFile('/nowhere/env', {})).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('/nowhere/env'),
  });
});
