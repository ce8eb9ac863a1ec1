import type { ImageConfig, ImagePath } from '@pare/oci';
import { elfFile, type MemoryEntry, memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';

const config = (environment: readonly string[] = []): ImageConfig => ({
  architecture: 'amd64',
  os: 'linux',
  config: { Env: environment },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
});

async function needsOf(
  path: string,
  files: Record<string, MemoryEntry>,
  environment: readonly string[] = [],
): Promise<string[]> {
  const analysis = createAnalysis(memoryTree(files), config(environment));
  const facts = (await analysis.factsOf([path as ImagePath])).get(path as ImagePath) ?? [];
  return facts.map((fact) => {
    if (fact.kind !== 'needs') return fact.kind;
    return fact.reason.kind === 'elf-needed'
      ? `${fact.reason.through} ${fact.to}`
      : `${fact.reason.kind} ${fact.to}`;
  });
}

const interpreter = '/lib64/ld-linux-x86-64.so.2';
const linker = { [interpreter]: elfFile() };

test('tells the interpreter and the needed libraries of a program', async () => {
  const files = {
    ...linker,
    '/usr/bin/x': elfFile({ interpreter, needed: ['liba.so.1'] }),
    '/lib/x86_64-linux-gnu/liba.so.1': elfFile(),
  };
  expect(await needsOf('/usr/bin/x', files)).toEqual([
    `elf-interpreter ${interpreter}`,
    'default-directory /lib/x86_64-linux-gnu/liba.so.1',
  ]);
});

test('names a library by the link through which it is found', async () => {
  const files = {
    '/x': elfFile({ needed: ['liba.so.1'] }),
    '/usr/lib/liba.so.1': { symlink: 'liba.so.1.2' },
    '/usr/lib/liba.so.1.2': elfFile(),
  };
  expect(await needsOf('/x', files)).toEqual(['default-directory /usr/lib/liba.so.1']);
});

test('only a library of the same class and machine counts', async () => {
  const files = {
    '/x': elfFile({ needed: ['liba.so'] }),
    '/lib64/liba.so': elfFile({ bits: 32, machine: 3 }),
    '/usr/lib64/liba.so': elfFile({ machine: 183 }),
    '/lib/liba.so': 'INPUT(libfoo.a)',
    '/usr/lib/liba.so': elfFile(),
  };
  expect(await needsOf('/x', files)).toEqual(['default-directory /usr/lib/liba.so']);
});

test('RUNPATH comes after LD_LIBRARY_PATH, RPATH before it, and RPATH does not count beside RUNPATH', async () => {
  const libraries = { '/a/l.so': elfFile(), '/b/l.so': elfFile(), '/c/l.so': elfFile() };
  const environment = ['LD_LIBRARY_PATH=/b:relative'];
  expect(
    await needsOf('/x', { ...libraries, '/x': elfFile({ needed: ['l.so'], rpath: '/a' }) }, environment),
  ).toEqual(['rpath /a/l.so']);
  expect(
    await needsOf('/x', { ...libraries, '/x': elfFile({ needed: ['l.so'], runpath: '/a' }) }, environment),
  ).toEqual(['library-path /b/l.so']);
  expect(
    await needsOf('/x', { ...libraries, '/x': elfFile({ needed: ['l.so'], rpath: '/a', runpath: '/c' }) }),
  ).toEqual(['runpath /c/l.so']);
});

test('expands $ORIGIN, $LIB and $PLATFORM', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the linker's token
  const runpath = '$ORIGIN/../own:/p/${PLATFORM}:/l/$LIB:$ORIGINAL';
  const files = {
    '/usr/lib/x86_64-linux-gnu/z': 'z',
    '/app/bin/x': elfFile({ needed: ['a.so', 'b.so', 'c.so'], runpath }),
    '/app/own/a.so': elfFile(),
    '/p/x86_64/b.so': elfFile(),
    '/l/lib/x86_64-linux-gnu/c.so': elfFile(),
  };
  expect(await needsOf('/app/bin/x', files)).toEqual([
    'runpath /app/own/a.so',
    'runpath /p/x86_64/b.so',
    'runpath /l/lib/x86_64-linux-gnu/c.so',
  ]);
});

test('a path of a program counts for what its libraries need, when it is an RPATH', async () => {
  const libraries = {
    '/own/a.so': elfFile({ needed: ['b.so'] }),
    '/own/b.so': elfFile({ needed: ['a.so', 'c.so'] }),
    '/own/c.so': elfFile(),
  };
  expect(await needsOf('/x', { ...libraries, '/x': elfFile({ needed: ['a.so'], rpath: '/own' }) })).toEqual([
    'rpath /own/a.so',
    'rpath /own/b.so',
    'rpath /own/c.so',
  ]);
  expect(await needsOf('/x', { ...libraries, '/x': elfFile({ needed: ['a.so'], runpath: '/own' }) })).toEqual(
    ['runpath /own/a.so'],
  );
});

test('follows ld.so.conf with its includes', async () => {
  const files = {
    '/x': elfFile({ needed: ['a.so', 'b.so'] }),
    '/etc/ld.so.conf': '# local\ninclude /etc/ld.so.conf.d/*.conf\n/opt/late',
    '/etc/ld.so.conf.d/one.conf': '/opt/one # here\n/opt/two:/opt/three\n',
    '/etc/ld.so.conf.d/not.txt': '/opt/not\n',
    '/opt/three/a.so': elfFile(),
    '/opt/late/b.so': elfFile(),
    '/opt/not/b.so': elfFile(),
  };
  expect(await needsOf('/x', files)).toEqual(['ld.so.conf /opt/three/a.so', 'ld.so.conf /opt/late/b.so']);
});

test('an ld.so.conf that includes itself ends', async () => {
  expect(
    await needsOf('/x', { '/x': elfFile({ needed: ['a.so'] }), '/etc/ld.so.conf': 'include ld.so.conf' }),
  ).toEqual([]);
});

test('keeps every variant for other machines beside the one that all can load', async () => {
  const files = {
    '/x': elfFile({ needed: ['a.so'] }),
    '/usr/lib/a.so': elfFile(),
    '/usr/lib/glibc-hwcaps/x86-64-v2/a.so': elfFile(),
    '/usr/lib/glibc-hwcaps/x86-64-v3/a.so': elfFile(),
    '/usr/lib/haswell/a.so': elfFile(),
  };
  expect((await needsOf('/x', files)).sort()).toEqual([
    'default-directory /usr/lib/a.so',
    'hwcaps /usr/lib/glibc-hwcaps/x86-64-v2/a.so',
    'hwcaps /usr/lib/glibc-hwcaps/x86-64-v3/a.so',
    'hwcaps /usr/lib/haswell/a.so',
  ]);
});

test('musl searches its own directories, and lets a RUNPATH count for what a library needs', async () => {
  const files = {
    '/lib/ld-musl-x86_64.so.1': elfFile(),
    '/etc/ld-musl-x86_64.path': '/opt/m:/opt/n\n/opt/o',
    '/opt/o/a.so': elfFile(),
    '/usr/lib/a.so': elfFile(),
    '/x': elfFile({ interpreter: '/lib/ld-musl-x86_64.so.1', needed: ['a.so'] }),
  };
  expect(await needsOf('/x', files)).toEqual([
    'elf-interpreter /lib/ld-musl-x86_64.so.1',
    'default-directory /opt/o/a.so',
  ]);
  const { '/etc/ld-musl-x86_64.path': _, ...plain } = files;
  expect(await needsOf('/x', plain)).toContain('default-directory /usr/lib/a.so');
});

test('a name in the data is a need when it is a whole string and leads to a library', async () => {
  const files = {
    '/usr/lib/liba.so.1': elfFile(),
    '/opt/plugin.so': elfFile(),
    '/x': elfFile({
      strings: ['liba.so.1', '/opt/plugin.so', 'libmissing.so', 'cannot load liba.so.2', 'lib%s.so'],
    }),
  };
  expect(await needsOf('/x', files)).toEqual(['elf-dlopen /usr/lib/liba.so.1', 'elf-dlopen /opt/plugin.so']);
});

test('a program that calls system(3) or names a shell uses one; a language runtime does not by itself', async () => {
  expect(await needsOf('/usr/bin/x', { '/usr/bin/x': elfFile({ symbols: ['system'] }) })).toEqual([
    'uses-shell',
  ]);
  expect(await needsOf('/usr/bin/x', { '/usr/bin/x': elfFile({ strings: ['/bin/sh'] }) })).toEqual([
    'uses-shell',
  ]);
  expect(
    await needsOf('/usr/bin/python3.11', { '/usr/bin/python3.11': elfFile({ symbols: ['system'] }) }),
  ).toEqual([]);
  expect(await needsOf('/usr/bin/x', { '/usr/bin/x': elfFile({ symbols: ['systemctl'] }) })).toEqual([]);
});

test('preloaded libraries are needs of every program', async () => {
  const files = {
    '/x': elfFile({ interpreter }),
    '/etc/ld.so.preload': '/usr/lib/p.so # why\n',
    '/usr/lib/p.so': elfFile(),
  };
  expect(await needsOf('/x', files)).toContain('absolute /usr/lib/p.so');
});

test('a broken object is an unknown and no failure', async () => {
  expect(await needsOf('/x', { '/x': elfFile({ needed: ['a.so'] }).subarray(0, 150) })).toEqual(['unknown']);
});

test('what is no regular file has no facts', async () => {
  expect(await needsOf('/link', { '/link': { symlink: 'x' }, '/x': elfFile({ needed: ['a.so'] }) })).toEqual(
    [],
  );
  expect(await needsOf('/nothing', {})).toEqual([]);
});
