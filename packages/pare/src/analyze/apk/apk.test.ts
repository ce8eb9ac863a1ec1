import type { ImageConfig } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createImageView } from '../image-view.ts';
import { analyzer, parseApkDatabase } from './index.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};

const database = `P:musl
V:1.2.4-r2
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1abc=

P:nginx
V:1.24.0-r6
D:so:libc.musl-x86_64.so.1 !nginx-old missing>=1
F:usr/sbin
R:nginx
R:gone

P:busybox
V:1.36
D:musl>1
F:bin
R:busybox
`;

test('reads packages with their files, dependencies and base', async () => {
  const tree = memoryTree({
    '/lib/ld-musl-x86_64.so.1': '',
    '/usr/sbin/nginx': '',
    '/bin/busybox': '',
    '/lib/apk/db/installed': database,
  });
  const found = await analyzer.catalog?.(createImageView(tree, config));
  expect(found?.packages).toEqual([
    {
      id: 'apk:musl',
      ecosystem: 'apk',
      name: 'musl',
      version: '1.2.4-r2',
      files: ['/lib', '/lib/ld-musl-x86_64.so.1'],
      dependsOn: [],
      base: true,
    },
    {
      id: 'apk:nginx',
      ecosystem: 'apk',
      name: 'nginx',
      version: '1.24.0-r6',
      files: ['/usr/sbin', '/usr/sbin/nginx'],
      dependsOn: ['apk:musl'],
      base: false,
    },
    {
      id: 'apk:busybox',
      ecosystem: 'apk',
      name: 'busybox',
      version: '1.36',
      files: ['/bin', '/bin/busybox'],
      dependsOn: ['apk:musl'],
      base: true,
    },
  ]);
});

test.each(['', '\n\n\n', 'P', 'V:1\n', 'x:\n:y\n'])('a database of %j has no packages', (text) => {
  expect(parseApkDatabase(text)).toEqual([]);
});

test('any text is some packages', () => {
  fc.assert(fc.property(fc.string(), (text) => parseApkDatabase(text).every(({ name }) => name !== '')));
});
