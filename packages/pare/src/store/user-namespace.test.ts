import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findUnpacker } from './user-namespace.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-namespace-'));
  vi.spyOn(process as Required<typeof process>, 'getuid').mockReturnValue(1000);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

/** Puts an unshare(1) on PATH that does this. */
async function withUnshare(script: string): Promise<void> {
  const file = join(directory, 'unshare');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  vi.stubEnv('PATH', directory);
}

test('a user without subordinate IDs is told the reason, and what to install and to run', async () => {
  await withUnshare('echo "newuidmap: write to uid_map failed: Operation not permitted" >&2; exit 1');
  await expect(findUnpacker()).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringContaining('newuidmap: write to uid_map failed'),
    hint: expect.stringContaining('/etc/subuid'),
  });
});

test('a system without unshare is told what to install', async () => {
  vi.stubEnv('PATH', directory);
  await expect(findUnpacker()).rejects.toMatchObject({
    code: 'engine-failed',
    hint: expect.stringContaining('util-linux'),
  });
});

test('directories of users with other ranges have other names', async () => {
  const names = new Set<string>();
  for (const start of [100_000, 165_536]) {
    await withUnshare(`echo "0 1000 1"; echo "1 ${start} 65536"`);
    const { kind, name, prefix } = await findUnpacker();
    expect([kind, prefix[0]]).toEqual(['namespace', 'unshare']);
    names.add(name);
  }
  expect(names.size).toBe(2);
});
