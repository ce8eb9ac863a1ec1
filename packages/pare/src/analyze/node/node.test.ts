import type { ImageConfig, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { scanJavaScript } from './scan-javascript.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { WorkingDir: '/app' },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const analysisOf = (files: Record<string, MemoryEntry>) => createAnalysis(memoryTree(files), config);
async function needsOf(path: string, files: Record<string, MemoryEntry>): Promise<string[]> {
  const facts = (await analysisOf(files).factsOf([path as ImagePath])).get(path as ImagePath) ?? [];
  return facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind));
}
const json = (value: unknown) => JSON.stringify(value);
const specifiersOf = (text: string) =>
  scanJavaScript(text).modules.map(({ specifier, kind }) => `${kind} ${specifier}`);

test('finds modules in every form that names them by a literal', () => {
  const text = `
    const a = require('a'), b = require.resolve("b"); import c from 'c'; import 'd';
    import { e as f } from "e"; export * from 'g'; const h = await import(\`h\`); import.meta.resolve('i');
    var j = /* why */ require( /* x */ 'j' ); __require('k')`;
  expect(specifiersOf(text)).toEqual([
    'require a',
    'require b',
    'import c',
    'import d',
    'import e',
    'import g',
    'import h',
    'import i',
    'require j',
    'require k',
  ]);
});

test('does not take comments, strings and what is computed for imports', () => {
  const text = `// require('a')\n/* import 'b' */ const x = "require('c')"; const y = \`import 'd'\`; require(name); require('e' + f); import(\`g\${h}\`)`;
  expect(specifiersOf(text)).toEqual(['require e']);
});

test('is not led astray by regular expressions, divisions and templates', () => {
  const text =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text that is scanned
    "const q = /['\"`/]/.test(a) ? b / c : d['/']; `${`${require('x')}` + '}'}`; return /[/]'/; require('y')";
  expect(specifiersOf(text)).toEqual(['require x', 'require y']);
});

test('finds programs that are started, and whether by a shell', () => {
  const text =
    "const cp = require('child_process'); cp.spawn('convert', []); execSync('ls -l | wc'); spawn(x, { shell: true })";
  expect(scanJavaScript(text)).toMatchObject({
    programs: ['convert'],
    shellCommands: ['ls -l | wc'],
    usesShell: true,
  });
  expect(scanJavaScript("/a/.exec('b'); require('child_process').spawn('c')")).toMatchObject({
    usesShell: false,
    programs: ['c'],
  });
});

test('any text is scanned to its end', () => {
  const text = fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '/',
        '*',
        '$',
        '{',
        '}',
        '\\',
        '\n',
        'require(',
        "'a'",
        'import ',
        ')',
        ' ',
        'x',
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (each) => scanJavaScript(each).modules.length >= 0));
});

test('resolves files, directories and extensions beside the source', async () => {
  const files = {
    '/app/x.js':
      "require('./a'); require('./b'); require('./c'); require('..'); require('./data.json'); require('./none')",
    '/app/a.js': '',
    '/app/b/package.json': json({ main: 'lib' }),
    '/app/b/lib/index.js': '',
    '/app/c/index.cjs': '',
    '/index.js': '',
    '/app/data.json': '{}',
  };
  expect(await needsOf('/app/x.js', files)).toEqual([
    '/app/a.js',
    '/app/b/package.json',
    '/app/b/lib/index.js',
    '/app/c/index.cjs',
    '/index.js',
    '/app/data.json',
  ]);
});

test('looks packages up from the source to the root, and leaves out what Node has built in', async () => {
  const files = {
    '/app/src/x.js': "require('near'); require('@scope/far/sub'); require('fs'); require('node:path')",
    '/app/src/node_modules/near/package.json': json({ name: 'near' }),
    '/app/src/node_modules/near/index.js': '',
    '/app/node_modules/near/index.js': '',
    '/node_modules/@scope/far/package.json': json({ name: '@scope/far' }),
    '/node_modules/@scope/far/sub.js': '',
  };
  expect(await needsOf('/app/src/x.js', files)).toEqual([
    '/app/src/node_modules/near/package.json',
    '/app/src/node_modules/near/index.js',
    '/node_modules/@scope/far/package.json',
    '/node_modules/@scope/far/sub.js',
  ]);
});

test('follows exports by conditions, patterns and fallbacks', async () => {
  const files = {
    '/app/package.json': json({ imports: { '#in': { default: './in.js' } } }),
    '/app/in.js': '',
    '/app/x.mjs': "import 'p'; import 'p/f/a.js'; import 'p/old/b'; import '#in'; import('p/none')",
    '/app/y.cjs': "require('p')",
    '/app/node_modules/p/package.json': json({
      exports: {
        '.': { browser: './browser.js', import: { node: './i.mjs' }, require: './r.cjs' },
        './f/*': ['./missing/*', './files/*'],
        './f/private/*': null,
        './old/': './lib/',
        './none': { browser: './browser.js' },
      },
    }),
    '/app/node_modules/p/i.mjs': '',
    '/app/node_modules/p/r.cjs': '',
    '/app/node_modules/p/browser.js': '',
    '/app/node_modules/p/files/a.js': '',
    '/app/node_modules/p/lib/b': '',
  };
  const own = '/app/node_modules/p/package.json';
  expect(await needsOf('/app/x.mjs', files)).toEqual([
    own,
    '/app/node_modules/p/i.mjs',
    '/app/node_modules/p/files/a.js',
    '/app/node_modules/p/lib/b',
    '/app/package.json',
    '/app/in.js',
  ]);
  expect(await needsOf('/app/y.cjs', files)).toEqual([own, '/app/node_modules/p/r.cjs', '/app/package.json']);
});

test('tells the files and programs that a source names', async () => {
  const files = {
    '/app/x.mjs':
      "import { spawn } from 'child_process'; spawn('tool'); new URL('./worker.js', import.meta.url); open('/usr/share/dict/words')",
    '/app/worker.js': '',
    '/usr/bin/tool': { content: 'x', mode: 0o755 },
    '/usr/share/dict/words': 'a',
  };
  expect(await needsOf('/app/x.mjs', files)).toEqual([
    '/app/worker.js',
    '/usr/bin/tool',
    '/usr/share/dict/words',
  ]);
});

test('a package owns its directory but not the packages in it, and knows what it depends on', async () => {
  const { packages, unknowns } = await analysisOf({
    '/app/node_modules/.bin/a': { symlink: '../a/cli.js' },
    '/app/node_modules/a/package.json': json({
      name: 'a',
      version: '1.2.3',
      dependencies: { b: '*', missing: '*' },
      peerDependencies: { '@s/c': '*' },
    }),
    '/app/node_modules/a/cli.js': '',
    '/app/node_modules/a/node_modules/b/package.json': json({
      name: 'b',
      optionalDependencies: { linked: '*' },
    }),
    '/app/node_modules/b/package.json': json({ name: 'b' }),
    '/app/node_modules/@s/c/package.json': json({ name: '@s/c', version: '2.0.0' }),
    '/app/node_modules/linked': { symlink: '.pnpm/linked@1/node_modules/linked' },
    '/app/node_modules/.pnpm/linked@1/node_modules/linked/package.json': json({ name: 'linked' }),
  }).packages();
  expect(unknowns).toEqual([]);
  expect(packages.map(({ id, files, dependsOn }) => [id, files, dependsOn])).toEqual([
    ['npm:/app/node_modules/.pnpm/linked@1/node_modules/linked', expect.anything(), []],
    ['npm:/app/node_modules/@s/c', ['/app/node_modules/@s/c', '/app/node_modules/@s/c/package.json'], []],
    [
      'npm:/app/node_modules/a',
      [
        '/app/node_modules/a',
        '/app/node_modules/a/cli.js',
        '/app/node_modules/a/node_modules',
        '/app/node_modules/a/package.json',
      ],
      ['npm:/app/node_modules/@s/c', 'npm:/app/node_modules/a/node_modules/b'],
    ],
    [
      'npm:/app/node_modules/a/node_modules/b',
      expect.anything(),
      ['npm:/app/node_modules/.pnpm/linked@1/node_modules/linked'],
    ],
    ['npm:/app/node_modules/b', expect.anything(), []],
  ]);
});

test('an application needs what its manifest declares, but not what builds it or is declared for development', async () => {
  const named = (name: string) => json({ name });
  const { packages } = await analysisOf({
    '/app/package.json': json({
      name: 'app',
      dependencies: { pg: '*', typescript: '*', gone: '*' },
      devDependencies: { mocks: '*' },
    }),
    '/app/members/web/package.json': json({ name: 'web', optionalDependencies: { pg: '*' } }),
    '/app/broken/package.json': '{',
    '/app/node_modules/pg/package.json': named('pg'),
    '/app/node_modules/typescript/package.json': named('typescript'),
    '/app/node_modules/mocks/package.json': named('mocks'),
    '/usr/share/nodejs/x/package.json': named('x'),
    '/elsewhere/package.json': named('elsewhere'),
  }).packages();
  expect(packages.filter(({ id }) => !id.includes('node_modules'))).toEqual([
    expect.objectContaining({
      name: 'app',
      files: ['/app/package.json'],
      dependsOn: ['npm:/app/node_modules/pg'],
    }),
    expect.objectContaining({ name: 'web', dependsOn: ['npm:/app/node_modules/pg'] }),
  ]);
});

test.each(['', '{', '[]', 'null', '{"name":1,"exports":[[[[]]]],"dependencies":"x"}'])(
  'a package.json of %j is no failure',
  async (text) => {
    const files = {
      '/app/node_modules/a/package.json': text,
      '/app/node_modules/a/index.js': '',
      '/app/x.js': "require('a'); require('a/b')",
    };
    const analysis = analysisOf(files);
    expect((await analysis.packages()).packages.map(({ name }) => name)).toEqual(['a']);
    expect(await needsOf('/app/x.js', files)).toContain('/app/node_modules/a/index.js');
  },
);
