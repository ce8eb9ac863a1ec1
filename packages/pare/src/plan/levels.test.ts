import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { installed, keptIn, linksTo, needs, planCase, reasonsOf } from './testing/plan-case.ts';

const megabyte = 1024 * 1024;
function blob(sizeBytes: number) {
  return { content: { sizeBytes, readRange: async (_: number, length: number) => new Uint8Array(length) } };
}

describe('operating-system packages at `used`', () => {
  const files = {
    '/usr/bin/tool': 'elf',
    '/usr/lib/tool/lazy.so': 'elf',
    '/usr/lib/tool/heavy.so': 'elf',
    '/usr/lib/tool/helper.pl': { content: '#!', mode: 0o755 },
    '/usr/lib/tool/data.bin': 'data',
    '/usr/lib/tool/link': { symlink: 'lazy.so' },
    '/usr/share/doc/tool/README': 'doc',
    '/usr/include/tool.h': 'h',
    '/var/spool/tool': { directory: true },
    '/usr/lib/libsmall.so': 'elf',
    '/usr/lib/libLLVM.so': blob(130 * megabyte),
    '/usr/bin/perl': 'elf',
    '/usr/bin/other': 'elf',
  } as const;
  const tree = memoryTree(files);
  const own = Object.keys(files).filter((path) => path.includes('tool'));
  const packages = [
    installed('deb', 'tool', own),
    installed('deb', 'libllvm', ['/usr/lib/libLLVM.so', '/usr/bin/other']),
    installed('deb', 'base', ['/usr/bin/perl', '/usr/lib/libsmall.so'], { base: true }),
  ];
  const facts = [
    linksTo('/usr/lib/tool/lazy.so', '/usr/lib/libsmall.so'),
    linksTo('/usr/lib/tool/heavy.so', '/usr/lib/libLLVM.so'),
    needs('/usr/lib/tool/helper.pl', '/usr/bin/perl', 'shebang'),
  ];
  const uses = [['/usr/bin/tool', 'execute']] as const;

  it('keeps a library of a touched package only where something links to it; name services are plug-ins', () => {
    const directory = '/usr/lib/x86_64-linux-gnu';
    const libraries = ['libone.so.7', 'libone.so.7.1', 'libtwo.so.7', 'libnss_one.so.2', 'one/plug.so.1'].map(
      (name) => `${directory}/${name}`,
    );
    const plan = planCase(memoryTree(Object.fromEntries(libraries.map((path) => [path, 'elf']))), {
      packages: [installed('deb', 'one', libraries)],
      uses: [`${directory}/libtwo.so.7`],
      facts: [linksTo(`${directory}/libtwo.so.7`, `${directory}/libone.so.7.1`)],
    });
    const missing = libraries.filter((path) => !keptIn(plan, path).includes(path));
    expect(missing).toEqual([`${directory}/libone.so.7`]);
  });

  it('keeps a touched package whole, less documents, headers, heavy plug-ins and scripts without interpreter', () => {
    const plan = planCase(tree, { packages, facts, uses });
    expect(keptIn(plan, '/usr/bin', '/usr/lib', '/usr/share', '/usr/include', '/var/spool')).toEqual([
      '/usr/bin',
      '/usr/bin/tool',
      '/usr/lib',
      '/usr/lib/libsmall.so',
      '/usr/lib/tool',
      '/usr/lib/tool/data.bin',
      '/usr/lib/tool/lazy.so',
      '/usr/lib/tool/link',
      '/usr/share',
      '/var/spool',
      '/var/spool/tool',
    ]);
    expect(reasonsOf(plan, '/usr/lib/tool/data.bin')).toEqual([
      { kind: 'package-file', ecosystem: 'deb', package: 'tool', because: '/usr/bin/tool' },
    ]);
  });

  it('keeps a packaged distribution without its tests and C sources, but with a module called test', () => {
    const site = '/usr/lib/python3/dist-packages';
    const files = [
      `${site}/pandas/__init__.py`,
      `${site}/pandas/test/client.py`,
      `${site}/pandas/tests/test_io.py`,
      `${site}/pandas/_libs/algos.pyx`,
      `${site}/pandas/locale/de.mo`,
      `${site}/pandas/locale/de.po`,
    ];
    const pandas = memoryTree(Object.fromEntries(files.map((path) => [path, 'x'])));
    const packages = [installed('deb', 'python3-pandas', files)];
    const plan = planCase(pandas, { packages, uses: [`${site}/pandas/__init__.py`] });
    expect(plan.removed.filter((path) => pandas.get(path)?.kind === 'file')).toEqual([
      `${site}/pandas/_libs/algos.pyx`,
      `${site}/pandas/locale/de.po`,
      `${site}/pandas/tests/test_io.py`,
    ]);
  });

  it('keeps the plug-in when what it links to is kept anyway', () => {
    const plan = planCase(tree, {
      packages,
      facts,
      uses: [...uses, ['/usr/lib/libLLVM.so', 'load'], ['/usr/bin/perl', 'execute']],
    });
    expect(keptIn(plan, '/usr/lib/tool')).toContain('/usr/lib/tool/heavy.so');
    expect(keptIn(plan, '/usr/lib/tool')).toContain('/usr/lib/tool/helper.pl');
  });

  it('does not take a look at a file, or metadata read at start-up, for use of its package', () => {
    const python = memoryTree({
      '/usr/lib/python3/dist-packages/x.egg-info/entry_points.txt': 'x',
      '/usr/lib/python3/dist-packages/x.py': 'x',
    });
    const dist = [
      installed('deb', 'python3-x', [
        '/usr/lib/python3/dist-packages/x.egg-info/entry_points.txt',
        '/usr/lib/python3/dist-packages/x.py',
      ]),
    ];
    const plan = planCase(python, {
      packages: dist,
      uses: ['/usr/lib/python3/dist-packages/x.egg-info/entry_points.txt'],
    });
    expect(plan.removed).toEqual(['/usr/lib/python3/dist-packages/x.py']);
    expect(planCase(tree, { packages, facts, uses: [['/usr/bin/tool', 'stat']] }).removed).toContain(
      '/usr/lib/tool/data.bin',
    );
  });

  it('keeps only the empty directories of a touched package at `observed`', () => {
    const plan = planCase(tree, { level: 'observed', packages, facts, uses });
    expect(keptIn(plan, '/usr/lib', '/var/spool')).toEqual(['/usr/lib', '/var/spool', '/var/spool/tool']);
  });

  it('keeps packages of the base system whole too at `packages`, documents included', () => {
    const plan = planCase(tree, { level: 'packages', packages, facts, uses });
    expect(plan.removed).toEqual([]);
  });

  it('keeps what package scripts made in directories of touched packages only', () => {
    const generated = memoryTree({
      '/usr/lib/loaders/a.so': 'elf',
      '/usr/lib/loaders/loaders.cache': 'made',
      '/usr/lib/made': 'x',
    });
    const loaders = [installed('deb', 'loaders', ['/usr/lib/loaders', '/usr/lib/loaders/a.so'])];
    const plan = planCase(generated, { packages: loaders, uses: ['/usr/lib/loaders/a.so'] });
    expect(plan.removed).toEqual(['/usr/lib/made']);
  });
});

describe('language packages at `used`', () => {
  const root = '/app/node_modules';
  const tree = memoryTree({
    '/app/server.js': 'x',
    '/app/views/late.ejs': 'x',
    [`${root}/express/package.json`]: '{}',
    [`${root}/express/index.js`]: 'x',
    [`${root}/express/lazy.js`]: 'x',
    [`${root}/express/test/t.js`]: 'x',
    [`${root}/express/dist/express-debug.js`]: 'x',
    [`${root}/express/History.md`]: 'x',
    [`${root}/qs/package.json`]: '{}',
    [`${root}/qs/index.js`]: 'x',
    [`${root}/named/package.json`]: '{}',
    [`${root}/named/index.js`]: 'x',
    [`${root}/dev/package.json`]: '{}',
    [`${root}/dev/bin.js`]: 'x',
    [`${root}/.bin/dev`]: { symlink: '../dev/bin.js' },
    [`${root}/.bin/express`]: { symlink: '../express/index.js' },
  });
  const npm = (name: string, names: readonly string[], dependsOn: readonly string[] = []) =>
    installed(
      'npm',
      name,
      names.map((file) => `${root}/${name}/${file}`),
      { dependsOn },
    );
  const packages = [
    npm(
      'express',
      ['package.json', 'index.js', 'lazy.js', 'test/t.js', 'dist/express-debug.js', 'History.md'],
      ['npm:qs'],
    ),
    npm('qs', ['package.json', 'index.js']),
    npm('named', ['package.json', 'index.js']),
    npm('dev', ['package.json', 'bin.js']),
  ];

  it('keeps the application, packages that were touched, depended on or named, and nothing else', () => {
    const plan = planCase(tree, {
      packages,
      uses: [`${root}/express/index.js`],
      facts: [needs('/app/server.js', `${root}/named/index.js`, 'import')],
    });
    expect(plan.removed).toEqual([
      `${root}/.bin/dev`,
      `${root}/dev`,
      `${root}/dev/bin.js`,
      `${root}/dev/package.json`,
      `${root}/express/History.md`,
      `${root}/express/dist`,
      `${root}/express/dist/express-debug.js`,
      `${root}/express/test`,
      `${root}/express/test/t.js`,
    ]);
  });

  it('keeps what the application’s own project depends on, though no probe reached it', () => {
    const project = { ...installed('npm', 'my-app', ['/app/server.js']), dependsOn: ['npm:dev'] };
    const plan = planCase(tree, { packages: [...packages, project] });
    expect(plan.removed).not.toContain(`${root}/dev/bin.js`);
    expect(plan.removed).toContain(`${root}/qs/index.js`);
    expect(reasonsOf(plan, '/app/server.js')[0]?.kind).toBe('application-file');
  });

  it('keeps nothing of it at `observed`', () => {
    const plan = planCase(tree, { level: 'observed', packages, uses: [`${root}/express/index.js`] });
    expect(keptIn(plan, '/app')).toEqual(['/app', root, `${root}/express`, `${root}/express/index.js`]);
  });
});

describe('application files', () => {
  const tree = memoryTree({
    '/usr/lib/base-made.cache': 'x',
    '/usr/lib/copied.conf': { content: 'x', layer: 1 },
    '/srv/site/page.html': 'x',
    '/srv/site/__pycache__/a.pyc': 'x',
    '/srv/site/.git/HEAD': 'x',
    '/jobs/main.py': 'x',
    '/usr/src/app/main.rb': 'x',
    '/usr/local/bin/start': 'x',
    '/usr/local/lib/node_modules/npm/index.js': 'x',
    '/etc/app.conf': 'x',
    '/etc/alternatives/vi': { symlink: '/usr/bin/vim' },
    '/etc/profile': 'x',
    '/var/lib/app/seed.db': 'x',
    '/var/lib/dpkg/status': 'x',
    '/var/lib/apt/lists/x': 'x',
    '/root/.cache/pip/x': 'x',
    '/var/log/app': { directory: true, uid: 33 },
  });

  it('are what a COPY brought, the working directory, and the administrator’s locations', () => {
    const plan = planCase(tree, {
      layers: 2,
      run: { WorkingDir: '/usr/src/app' },
      history: [
        { created_by: 'ADD rootfs.tar /' },
        { created_by: 'ENV A=b', empty_layer: true },
        { created_by: 'COPY . / # buildkit' },
      ],
    });
    expect(plan.removed.filter((path) => tree.get(path)?.kind !== 'directory')).toEqual([
      '/etc/alternatives/vi',
      '/etc/profile',
      '/root/.cache/pip/x',
      '/srv/site/__pycache__/a.pyc',
      '/usr/lib/base-made.cache',
      '/usr/local/lib/node_modules/npm/index.js',
      '/var/lib/apt/lists/x',
      '/var/lib/dpkg/status',
    ]);
    expect(reasonsOf(plan, '/var/log/app')).toEqual([{ kind: 'empty-directory', package: '' }]);
  });

  it('are not kept at `observed`, but their empty directories are', () => {
    const plan = planCase(tree, { level: 'observed' });
    expect(plan.kept.map(({ path }) => path)).toContain('/var/log/app' as ImagePath);
    expect(plan.keptBytes).toBe(0);
  });
});
