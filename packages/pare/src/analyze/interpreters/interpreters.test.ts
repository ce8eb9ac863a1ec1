import type { ImageConfig, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseShebang } from './shebang.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { WorkingDir: '/app' },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
async function needsOf(path: string, files: Record<string, MemoryEntry>): Promise<string[]> {
  const facts =
    (await createAnalysis(memoryTree(files), config).factsOf([path as ImagePath])).get(path as ImagePath) ??
    [];
  return facts.map((fact) => (fact.kind === 'needs' ? `${fact.reason.kind} ${fact.to}` : fact.kind));
}
const program = { content: '', mode: 0o755 };

test.each([
  ['#!/bin/sh\nx', '/bin/sh', undefined],
  ['#! /usr/bin/python3 -u\n', '/usr/bin/python3', undefined],
  ['#!/usr/bin/env node\n', '/usr/bin/env', 'node'],
  ['#!/usr/bin/env -S A=b node --x\n', '/usr/bin/env', 'node'],
  ['#!/usr/bin/env -Snode --x\n', '/usr/bin/env', 'node'],
  ['#!/usr/bin/env -i -u HOME perl', '/usr/bin/env', 'perl'],
  ['#!/usr/bin/env', '/usr/bin/env', undefined],
])('reads the shebang %j', (text, interpreter, command) => {
  expect(parseShebang(Buffer.from(text))).toEqual({ interpreter, command });
});

test.each(['', '#', '#!', '#!\n/bin/sh', ' #!/bin/sh', 'x'])('%j has no shebang', (text) => {
  expect(parseShebang(Buffer.from(text))).toBeUndefined();
});

test('any bytes have a shebang or none', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      (bytes) => parseShebang(Buffer.concat([Buffer.from('#!'), bytes]))?.interpreter !== '',
    ),
  );
});

test('a script needs its interpreter, also the one behind env', async () => {
  const files = { '/x': '#!/usr/bin/env tool\n', '/usr/bin/env': program, '/usr/local/bin/tool': program };
  expect(await needsOf('/x', files)).toEqual(['shebang /usr/bin/env', 'shebang /usr/local/bin/tool']);
});

test('a shell script needs the programs that it calls and the files that it names', async () => {
  const files = {
    '/x': '#!/bin/sh\n. ./env.sh\nrun-it && ./beside; /opt/tool /etc/app.conf\nnot-there\nplain-file\n',
    '/bin/sh': program,
    '/app/env.sh': '',
    '/usr/bin/run-it': program,
    '/usr/bin/plain-file': { content: '', mode: 0o644 },
    '/beside': program,
    '/opt/tool': program,
    '/etc/app.conf': '',
  };
  expect(await needsOf('/x', files)).toEqual([
    'shebang /bin/sh',
    'script-command /usr/bin/run-it',
    'script-command /beside',
    'script-command /opt/tool',
    'script-command /app/env.sh',
    'script-command /etc/app.conf',
  ]);
});

test('a file of a shell extension is a script without a shebang too', async () => {
  expect(await needsOf('/env.sh', { '/env.sh': 'tool', '/usr/bin/tool': program })).toEqual([
    'script-command /usr/bin/tool',
  ]);
});
