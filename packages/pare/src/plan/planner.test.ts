import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import { createPlanner } from './planner.ts';
import {
  installed,
  keptIn,
  linksTo,
  needs,
  planCase,
  planInput,
  reasonsOf,
  type Use,
} from './testing/plan-case.ts';

const megabyte = 1024 * 1024;
function blob(sizeBytes: number) {
  return { content: { sizeBytes, readRange: async (_: number, length: number) => new Uint8Array(length) } };
}

describe('what an observation keeps', () => {
  it('keeps what was read, its parents, and nothing beside it', () => {
    const tree = memoryTree({ '/srv/app/a.txt': 'a', '/srv/app/b.txt': 'b' });
    const plan = planCase(tree, { level: 'observed', uses: ['/srv/app/a.txt'] });
    expect(keptIn(plan, '/srv')).toEqual(['/srv', '/srv/app', '/srv/app/a.txt']);
    expect(plan.removed).toEqual(['/srv/app/b.txt']);
    expect([plan.keptBytes, plan.removedBytes]).toEqual([1, 1]);
    expect(reasonsOf(plan, '/srv/app/a.txt')).toEqual([
      { kind: 'observed', accesses: ['read'], process: '/app/run', probe: 'GET /' },
    ]);
  });

  it('keeps every link on the way and its final target', () => {
    const tree = memoryTree({
      '/lib': { symlink: 'usr/lib' },
      '/usr/lib/a.so': { symlink: '../lib64/a.so.1' },
      '/usr/lib64/a.so.1': 'elf',
    });
    const plan = planCase(tree, { level: 'observed', uses: ['/lib/a.so'] });
    expect(keptIn(plan, '/lib', '/usr')).toEqual([
      '/lib',
      '/usr',
      '/usr/lib',
      '/usr/lib/a.so',
      '/usr/lib64',
      '/usr/lib64/a.so.1',
    ]);
  });

  it('keeps a dangling link that was asked for', () => {
    const tree = memoryTree({ '/srv/now': { symlink: '/run/later' } });
    expect(keptIn(planCase(tree, { level: 'observed', uses: ['/srv/now'] }), '/srv/now')).toEqual([
      '/srv/now',
    ]);
  });

  it('keeps the directory in which a file was made at run time, not the file', () => {
    const tree = memoryTree({ '/srv/data': { directory: true, mode: 0o700 }, '/srv/data/old': 'x' });
    const plan = planCase(tree, { level: 'observed', uses: [['/srv/data/new/deep', 'create']] });
    expect(keptIn(plan, '/srv')).toEqual(['/srv', '/srv/data']);
  });

  it('never counts what the engine mounts over', () => {
    const tree = memoryTree({ '/dev/null': 'x', '/proc/version': 'x' });
    const plan = planCase(tree, { level: 'packages', uses: ['/dev/null', '/proc/version'] });
    expect(keptIn(plan, '/dev', '/proc')).toEqual(['/dev', '/proc']);
  });

  it('keeps a link that was only looked at where what it leads to was opened by its own name', () => {
    const jars = memoryTree({
      '/usr/share/java/a-1.jar': 'x'.repeat(2_000_000),
      '/usr/share/server/lib/a.jar': { symlink: '../../java/a-1.jar' },
    });
    const packages = [installed('deb', 'a', ['/usr/share/java/a-1.jar', '/usr/share/server/lib/a.jar'])];
    const uses: Use[] = [['/usr/share/server/lib/a.jar', 'stat', 'readlink']];
    const keptOf = (more: readonly Use[]) =>
      keptIn(
        planCase(jars, { packages, level: 'observed', uses: [...uses, ...more] }),
        '/usr/share/server/lib',
      );
    expect(keptOf([])).toEqual([]);
    expect(keptOf(['/usr/share/java/a-1.jar'])).toContain('/usr/share/server/lib/a.jar');
  });

  it('keeps a module of a package that could be run by env, though there is no env', () => {
    const library = '/usr/lib/python3.11';
    const tree = memoryTree({
      '/usr/bin/python3': 'elf',
      '/usr/bin/env': 'elf',
      [`${library}/a.py`]: 'x',
      [`${library}/tarfile.py`]: { content: 'x', mode: 0o755 },
      [`${library}/tool`]: { content: 'x', mode: 0o755 },
    });
    const packages = [
      installed('deb', 'libpython', [`${library}/a.py`, `${library}/tarfile.py`, `${library}/tool`]),
    ];
    const facts = ['tarfile.py', 'tool'].flatMap((name) => [
      needs(`${library}/${name}`, '/usr/bin/env', 'shebang'),
      needs(`${library}/${name}`, '/usr/bin/python3', 'shebang'),
    ]);
    const plan = planCase(tree, {
      packages,
      facts,
      uses: [['/usr/bin/python3', 'execute'], `${library}/a.py`],
    });
    expect(plan.removed).toEqual(['/usr/bin/env', `${library}/tool`]);
  });

  it('keeps a small file of a package that was only looked at, but not a large one', () => {
    const tree = memoryTree({
      '/usr/bin/small': 'x',
      '/usr/bin/large': blob(2 * megabyte),
      '/srv/large': blob(2 * megabyte),
    });
    const plan = planCase(tree, {
      level: 'observed',
      packages: [installed('deb', 'tools', ['/usr/bin/small', '/usr/bin/large'])],
      uses: [
        ['/usr/bin/small', 'stat'],
        ['/usr/bin/large', 'stat'],
        ['/srv/large', 'stat'],
      ],
    });
    expect(keptIn(plan, '/usr/bin', '/srv')).toEqual(['/srv', '/srv/large', '/usr/bin', '/usr/bin/small']);
  });

  it('keeps a directory that was listed without what is in it', () => {
    const tree = memoryTree({ '/usr/share/many/1': 'x', '/usr/share/many/2': 'x' });
    const plan = planCase(tree, { level: 'observed', uses: [['/usr/share/many', 'list']] });
    expect(keptIn(plan, '/usr/share/many')).toEqual(['/usr/share/many']);
  });

  it('widens the level when facts were lost, and says so', () => {
    const tree = memoryTree({ '/srv/app.js': 'x' });
    const plan = planCase(tree, { level: 'observed', lost: 3 });
    expect(plan.level).toBe('used');
    expect(keptIn(plan, '/srv/app.js')).toEqual(['/srv/app.js']);
    expect(plan.unknowns[0]).toMatch(/lost 3 facts.*level used instead of observed/);
  });
});

describe('what is followed', () => {
  const tree = memoryTree({
    '/usr/bin/run': { content: 'elf', mode: 0o755 },
    '/usr/lib/libz.so.1': { symlink: 'libz.so.1.2' },
    '/usr/lib/libz.so.1.2': 'elf',
    '/usr/lib/libm.so': 'elf',
    '/usr/lib/plugin.so': 'elf',
  });
  const facts = [
    linksTo('/usr/bin/run', '/usr/lib/libz.so.1'),
    linksTo('/usr/lib/libz.so.1.2', '/usr/lib/libm.so'),
    needs('/usr/bin/run', '/usr/lib/plugin.so', 'elf-dlopen'),
  ];

  it('asks for facts in rounds and keeps libraries of libraries', () => {
    const planner = createPlanner(
      planInput(tree, { level: 'observed', uses: [['/usr/bin/run', 'execute']] }),
    );
    expect(runToEnd(planner.next(new Map()))).toEqual({ kind: 'pending', paths: ['/usr/bin/run'] });
    const plan = planCase(tree, { level: 'observed', uses: [['/usr/bin/run', 'execute']], facts });
    expect(keptIn(plan, '/usr/lib')).toEqual([
      '/usr/lib',
      '/usr/lib/libm.so',
      '/usr/lib/libz.so.1',
      '/usr/lib/libz.so.1.2',
    ]);
  });

  it('keeps a library loaded by name only from `used` on', () => {
    const plan = planCase(tree, { uses: [['/usr/bin/run', 'execute']], facts });
    expect(keptIn(plan, '/usr/lib/plugin.so')).toEqual(['/usr/lib/plugin.so']);
  });

  it('keeps a shell for application code that starts one, and not for a library that could', () => {
    const shells = memoryTree({
      '/bin/sh': { symlink: 'dash' },
      '/bin/dash': 'elf',
      '/srv/app': 'elf',
      '/srv/lib.so': 'elf',
    });
    const from = (path: string) => [{ kind: 'uses-shell', from: path as ImagePath }] as const;
    expect(keptIn(planCase(shells, { facts: from('/srv/app') }), '/bin')).toEqual([
      '/bin',
      '/bin/dash',
      '/bin/sh',
    ]);
    expect(keptIn(planCase(shells, { facts: from('/srv/lib.so') }), '/bin')).toEqual(['/bin']);
    const observed = planCase(shells, { level: 'observed', uses: ['/srv/app'], facts: from('/srv/app') });
    expect(keptIn(observed, '/bin')).toEqual(['/bin']);
  });

  it('keeps a shell for an installed module that could start one only where that is run as a program', () => {
    const module = '/usr/lib/python3.11/platform.py';
    const shells = memoryTree({ '/bin/sh': 'elf', [module]: { content: 'x', mode: 0o755 } });
    const packages = [installed('deb', 'libpython', [module])];
    const facts = [{ kind: 'uses-shell', from: module as ImagePath }] as const;
    const shellOf = (...accesses: readonly ('read' | 'execute')[]) =>
      keptIn(planCase(shells, { packages, facts, uses: [[module, ...accesses]] }), '/bin/sh');
    expect(shellOf('read')).toEqual([]);
    expect(shellOf('execute')).toEqual(['/bin/sh']);
  });

  it('keeps the data that a package or an application has behind a link to a directory, unless it is large', () => {
    const library = '/usr/lib/python3/dist-packages/chart';
    const shared = '/usr/share/javascript/chart';
    const files = {
      [`${library}/__init__.py`]: 'x',
      [`${library}/static`]: { symlink: shared },
      [`${shared}/chart.js`]: 'x',
      '/srv/app/icons': { symlink: '/usr/share/icons/plain' },
      '/usr/share/icons/plain/a.svg': 'x',
    };
    const packages = [
      installed('deb', 'python3-chart', [`${library}/__init__.py`, `${library}/static`]),
      installed('deb', 'libjs-chart', [`${shared}/chart.js`]),
      installed('deb', 'icons', ['/usr/share/icons/plain/a.svg']),
    ];
    const plan = planCase(memoryTree(files), { packages, uses: [`${library}/__init__.py`] });
    expect(plan.removed).toEqual([]);
    const large = memoryTree({ ...files, [`${shared}/all.js`]: 'x'.repeat(5_000_000) });
    expect(planCase(large, { packages, uses: [`${library}/__init__.py`] }).removed).toEqual([
      `${shared}/all.js`,
      `${shared}/chart.js`,
    ]);
  });

  it('keeps further names of an inode that the same package brought, from `used` on', () => {
    const git = memoryTree({
      '/usr/bin/git': 'elf',
      '/usr/lib/git-core/git-add': { hardlink: '/usr/bin/git' },
      '/srv/backup/git': { hardlink: '/usr/bin/git' },
    });
    const packages = [installed('deb', 'git', ['/usr/bin/git', '/usr/lib/git-core/git-add'], { base: true })];
    const uses = ['/usr/bin/git'];
    const plan = planCase(git, { uses, packages });
    expect(reasonsOf(plan, '/usr/lib/git-core/git-add')).toEqual([
      { kind: 'hardlink-peer', of: '/usr/bin/git' },
    ]);
    expect(plan.keptBytes).toBe(3);
    expect(planCase(git, { uses, packages, level: 'observed' }).removed).toContain(
      '/usr/lib/git-core/git-add',
    );
  });

  it('reports what an analyzer could not read', () => {
    const unknown = {
      kind: 'unknown',
      from: '/usr/bin/run' as ImagePath,
      analyzer: 'elf',
      message: 'truncated',
    } as const;
    const plan = planCase(tree, { level: 'observed', uses: [['/usr/bin/run', 'execute']], facts: [unknown] });
    expect(plan.unknowns).toEqual(['/usr/bin/run: elf: truncated']);
  });
});

describe('what the user rules', () => {
  const tree = memoryTree({ '/opt/a/1': 'x', '/opt/a/2': 'x', '/opt/b': 'x' });

  it('includes whole directories by path or glob', () => {
    const plan = planCase(tree, { level: 'observed', include: ['/opt/a/', '/nothing/*'] });
    expect(keptIn(plan, '/opt')).toEqual(['/opt', '/opt/a', '/opt/a/1', '/opt/a/2']);
    expect(plan.unknowns).toEqual(['the include rule /nothing/* matches nothing in the image']);
  });

  it('keeps packages whole that the user names by name, pattern or ecosystem, and says which rule meant none', () => {
    const rules = {
      includePackages: ['alp*', 'absent'],
      includeEcosystems: ['gem'],
      excludePackages: [],
    } as const;
    const packages = [
      installed('deb', 'alpha', ['/usr/share/doc/alpha/copyright', '/usr/lib/alpha.so']),
      installed('gem', 'beta', ['/gems/beta/beta.rb']),
      installed('npm', 'gamma', ['/app/node_modules/gamma/index.js']),
    ];
    const all = memoryTree(
      Object.fromEntries(packages.flatMap(({ files }) => files.map((file) => [file, 'x']))),
    );
    const plan = planCase(all, { level: 'observed', packages, packageRules: rules });
    expect(
      keptIn(plan, '/usr/lib', '/usr/share/doc', '/gems', '/app').filter((path) =>
        /\.\w+$|right$/.test(path),
      ),
    ).toEqual(['/gems/beta/beta.rb', '/usr/lib/alpha.so', '/usr/share/doc/alpha/copyright']);
    expect(reasonsOf(plan, '/gems/beta/beta.rb')).toContainEqual({
      kind: 'include-rule',
      pattern: 'ecosystem gem',
    });
    expect(plan.unknowns).toContain('no installed package matches the rule package absent');
  });

  it('keeps the documents of a package that the user names without what their examples need', () => {
    const example = '/usr/share/doc/alpha/examples/ask.pl';
    const files = { [example]: { content: '#!/usr/bin/perl', mode: 0o755 }, '/usr/bin/perl': 'elf' };
    const plan = planCase(memoryTree(files), {
      packages: [installed('deb', 'alpha', [example])],
      packageRules: { includePackages: ['alpha'], includeEcosystems: [], excludePackages: [] },
      facts: [needs(example, '/usr/bin/perl', 'shebang')],
    });
    expect(keptIn(plan, example, '/usr/bin/perl')).toEqual([example]);
  });

  it('drops the files of packages that the user names, but not what another package owns too', () => {
    const rules = { includePackages: [], includeEcosystems: [], excludePackages: ['deb:one'] } as const;
    const packages = [installed('deb', 'one', ['/opt/a/1', '/opt/b']), installed('deb', 'two', ['/opt/b'])];
    const plan = planCase(tree, { uses: ['/opt/a/1', '/opt/b'], packages, packageRules: rules });
    expect(keptIn(plan, '/opt')).toContain('/opt/b');
    expect(keptIn(plan, '/opt')).not.toContain('/opt/a/1');
  });

  it('excludes even what was observed, with everything below, and says so', () => {
    const plan = planCase(tree, { uses: ['/opt/a/1', '/opt/b'], exclude: ['/opt/a'] });
    expect(keptIn(plan, '/opt')).toEqual(['/opt', '/opt/b']);
    expect(plan.unknowns).toContain('/opt/a/1: excluded by rule, though it has a reason to stay: observed');
  });

  it('puts back what verification missed, with its needs', () => {
    const plan = planCase(tree, {
      level: 'observed',
      putBack: [{ path: '/opt/a/1' as ImagePath, round: 1, probe: 'GET /' }],
      facts: [linksTo('/opt/a/1', '/opt/b')],
    });
    expect(keptIn(plan, '/opt')).toEqual(['/opt', '/opt/a', '/opt/a/1', '/opt/b']);
    expect(reasonsOf(plan, '/opt/a/1')).toEqual([{ kind: 'put-back', round: 1, probe: 'GET /' }]);
  });
});
