import type { FileTree, ImageConfig } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createImageView } from '../image-view.ts';
import { analyzer } from './index.ts';
import { parseControl, parseDependencies } from './parse-control.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const catalog = async (files: Record<string, MemoryEntry> | FileTree) =>
  analyzer.catalog?.(
    createImageView(
      'size' in files && typeof files.size === 'number'
        ? (files as FileTree)
        : memoryTree(files as Record<string, MemoryEntry>),
      config,
    ),
  );
const packagesOf = async (files: Record<string, MemoryEntry>) => (await catalog(files))?.packages ?? [];

const paragraph = (name: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nPriority: optional\nArchitecture: amd64\nVersion: 1.0-1\n${more}\n`;
const info = '/var/lib/dpkg/info';

test('owns the files of its list that are there, where merged directories put them', async () => {
  const packages = await packagesOf({
    '/bin': { symlink: 'usr/bin' },
    '/usr/bin/x': 'x',
    '/usr/bin/y': { symlink: 'x' },
    '/var/lib/dpkg/status': paragraph('x'),
    [`${info}/x.list`]: '/.\n/bin\n/bin/x\n/usr\n/usr/bin\n/usr/bin/y\n/usr/share/doc/x\n',
  });
  expect(packages).toEqual([
    {
      id: 'deb:x',
      ecosystem: 'deb',
      name: 'x',
      version: '1.0-1',
      files: ['/', '/bin', '/usr', '/usr/bin', '/usr/bin/x', '/usr/bin/y'],
      dependsOn: [],
      base: false,
    },
  ]);
});

test('reads the list of an architecture where there is one, and keeps packages of two apart', async () => {
  const packages = await packagesOf({
    '/a': 'a',
    '/b': 'b',
    '/var/lib/dpkg/status': `${paragraph('libx')}\n${paragraph('libx').replace('amd64', 'i386')}`,
    [`${info}/libx:amd64.list`]: '/a\n',
    [`${info}/libx:i386.list`]: '/b\n',
  });
  expect(packages.map(({ id, files }) => [id, files])).toEqual([
    ['deb:libx', ['/a']],
    ['deb:libx:i386', ['/b']],
  ]);
});

test('a removed package whose configuration stayed is no package', async () => {
  const status = paragraph('x').replace('install ok installed', 'deinstall ok config-files');
  expect(await packagesOf({ '/var/lib/dpkg/status': status })).toEqual([]);
});

test('the base is what is essential or required, apt, and all that they need', async () => {
  const status = [
    paragraph('bash', 'Essential: yes\nPre-Depends: libc6 (>= 2.36), libtinfo6 | other'),
    paragraph('libc6', 'Depends: libgcc-s1'),
    paragraph('libgcc-s1'),
    paragraph('libtinfo6'),
    paragraph('apt', 'Depends: gpgv-alternative'),
    paragraph('gpgv', 'Provides: gpgv-alternative (= 2)'),
    paragraph('tzdata').replace('optional', 'required'),
    paragraph('nginx', 'Depends: libc6, missing | libtinfo6:any'),
  ].join('\n');
  const packages = await packagesOf({ '/var/lib/dpkg/status': status });
  expect(packages.filter(({ base }) => base).map(({ name }) => name)).toEqual([
    'bash',
    'libc6',
    'libgcc-s1',
    'libtinfo6',
    'apt',
    'gpgv',
    'tzdata',
  ]);
  expect(packages.find(({ name }) => name === 'nginx')?.dependsOn).toEqual(['deb:libc6', 'deb:libtinfo6']);
});

test('a diverted file belongs to its package under its other name', async () => {
  const packages = await packagesOf({
    '/bin/sh': 'dash',
    '/bin/sh.distrib': 'bash',
    '/var/lib/dpkg/status': `${paragraph('dash')}\n${paragraph('bash')}`,
    '/var/lib/dpkg/diversions': '/bin/sh\n/bin/sh.distrib\ndash\n',
    [`${info}/dash.list`]: '/bin/sh\n',
    [`${info}/bash.list`]: '/bin/sh\n',
  });
  expect(packages.map(({ name, files }) => [name, files])).toEqual([
    ['dash', ['/bin/sh']],
    ['bash', ['/bin/sh.distrib']],
  ]);
});

test('modules that were compiled on installation belong to the package too', async () => {
  const packages = await packagesOf({
    '/usr/lib/python3/x.py': '',
    '/usr/lib/python3/__pycache__/x.cpython-311.pyc': '',
    '/usr/lib/python3/__pycache__/xy.cpython-311.pyc': '',
    '/var/lib/dpkg/status': paragraph('python3-x'),
    [`${info}/python3-x.list`]: '/usr/lib/python3/x.py\n',
  });
  expect(packages[0]?.files).toEqual([
    '/usr/lib/python3/__pycache__',
    '/usr/lib/python3/__pycache__/x.cpython-311.pyc',
    '/usr/lib/python3/x.py',
  ]);
});

test('reads status.d of images without dpkg', async () => {
  const packages = await packagesOf({
    '/usr/lib/libx.so': '',
    '/var/lib/dpkg/status.d/libx': 'Package: libx\nVersion: 2\nArchitecture: amd64\n',
    '/var/lib/dpkg/status.d/libx.md5sums': 'd41d8cd98f00b204e9800998ecf8427e  usr/lib/libx.so\n',
  });
  expect(packages.map(({ id, version, files }) => [id, version, files])).toEqual([
    ['deb:libx', '2', ['/usr/lib/libx.so']],
  ]);
});

test('a list that cannot be read is an unknown', async () => {
  const tree = memoryTree({
    '/var/lib/dpkg/status': paragraph('x'),
    [`${info}/x.list`]: {
      content: { sizeBytes: 10, readRange: () => Promise.reject(new Error('the layer is gone')) },
    },
  });
  const found = await catalog(tree);
  expect(found?.packages.map(({ name }) => name)).toEqual(['x']);
  expect(found?.unknowns).toEqual([
    { kind: 'unknown', from: `${info}/x.list`, analyzer: 'dpkg', message: 'the layer is gone' },
  ]);
});

test.each([
  ['no database', {}],
  ['an empty one', { '/var/lib/dpkg/status': '' }],
  ['a binary one', { '/var/lib/dpkg/status': Uint8Array.from({ length: 5000 }, (_, at) => (at * 7) % 256) }],
  ['one that is a directory', { '/var/lib/dpkg/status': { directory: true } as const }],
  [
    'paragraphs without names',
    { '/var/lib/dpkg/status': 'Status: install ok installed\nVersion: 1\n\n: x\n\nPackage\n' },
  ],
])('finds no packages in %s', async (_, files) => {
  expect(await packagesOf(files)).toEqual([]);
});

test('names out of lists that try to leave the root stay in it', async () => {
  const files = {
    '/etc/passwd': '',
    '/var/lib/dpkg/status': paragraph('x'),
    [`${info}/x.list`]: '/../../etc/passwd\netc/passwd\n/a\0b\n',
  };
  expect((await packagesOf(files))[0]?.files).toEqual(['/etc/passwd']);
});

test('joins continued lines and tells alternatives', () => {
  expect([...(parseControl('A: 1\n 2\n\t3\nb:4\n')[0] ?? [])]).toEqual([
    ['a', '1\n2\n3'],
    ['b', '4'],
  ]);
  expect(parseDependencies('a (>= 1), b:any | c [amd64], , $(misc)')).toEqual([['a'], ['b', 'c']]);
});

test('any text is some paragraphs', () => {
  fc.assert(fc.property(fc.string(), (text) => parseControl(text).every((fields) => fields.size > 0)));
});
