import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseInstalled } from './composer.ts';
import { scanPhp } from './scan-php.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { WorkingDir: '/srv/app' },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};

const installed = JSON.stringify({
  packages: [
    {
      name: 'a/web',
      version: '1.0',
      'install-path': '../a/web',
      require: { php: '>=8', 'psr/log': '*', 'b/log': '*' },
    },
    { name: 'b/log', version: '2.0', 'install-path': '../b/log', provide: { 'psr/log': '1' } },
    { name: 'c/mock', version: '3.0', 'install-path': '../c/mock' },
    { name: 'd/out', version: '1', 'install-path': '../../../other' },
    { name: 'meta/only', version: '1' },
    { name: '../evil' },
  ],
  'dev-package-names': ['c/mock'],
});

test('an application needs all that Composer installed for it, less what is for development', async () => {
  const { packages, unknowns } = await createAnalysis(
    memoryTree({
      '/srv/app/composer.json': '{}',
      '/srv/app/vendor/composer/installed.json': installed,
      '/srv/app/vendor/a/web/src/Web.php': 'x',
      '/srv/app/vendor/b/log/Log.php': 'x',
      '/srv/app/vendor/c/mock/Mock.php': 'x',
      '/srv/other/Other.php': 'x',
      '/srv/broken/vendor/composer/installed.json': '{',
    }),
    config,
  ).packages();
  expect(unknowns).toEqual([expect.objectContaining({ kind: 'unknown', analyzer: 'php' })]);
  const vendor = 'composer:/srv/app/vendor';
  expect(packages.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['composer:/srv/app', [`${vendor}/a/web`, `${vendor}/b/log`, `${vendor}/d/out`, `${vendor}/meta/only`]],
    [`${vendor}/a/web`, [`${vendor}/b/log`]],
    [`${vendor}/b/log`, []],
    [`${vendor}/c/mock`, []],
    [`${vendor}/d/out`, []],
    [`${vendor}/meta/only`, []],
  ]);
  expect(packages.find(({ name }) => name === 'b/log')?.files).toEqual([
    '/srv/app/vendor/b/log',
    '/srv/app/vendor/b/log/Log.php',
  ]);
  expect(packages.find(({ name }) => name === 'd/out')?.files).toEqual([]);
});

test.each(['[]', '{}', 'null', '1', '{"packages":{}}', '{"packages":[1,{"name":2}]}'])(
  'an installed.json of %s lists nothing',
  (text) => {
    expect(parseInstalled(text)).toEqual([]);
  },
);

test('the list of Composer 1 has its packages in their usual places', () => {
  expect(parseInstalled('[{"name":"a/b","version":"1"}]')).toEqual([
    { name: 'a/b', version: '1', installPath: '../a/b', requires: [], standsFor: [], isDevelopment: false },
  ]);
  expect(() => parseInstalled('[')).toThrow(SyntaxError);
});

test('finds what a source includes and starts, but not in comments', () => {
  const text = `<?php // require 'no.php';
    /* include 'no.php'; */ # require 'no.php'
    require_once __DIR__ . '/lib/a.php'; include(dirname(__DIR__, 2) . '/b.php'); require dirname(__FILE__).'/c.php';
    include 'Mail.php'; require "x/$name.php"; #[Attribute] system('convert a b'); $x = \`date\`; $f = '/etc/mime.types';`;
  expect(scanPhp(text)).toEqual({
    imports: ['Mail.php'],
    beside: ['./lib/a.php', '../../b.php', './c.php'],
    programs: [],
    shellCommands: ['convert a b', 'date'],
    usesShell: true,
    paths: ['/etc/mime.types'],
  });
});

test('resolves includes beside the source, in the working directory and on the include path', async () => {
  const path = '/srv/app/public/index.php' as ImagePath;
  const tree = memoryTree({
    [path]:
      "<?php require __DIR__ . '/../lib/a.php'; include 'Mail.php'; include 'config.php'; include 'gone.php';",
    '/srv/app/lib/a.php': 'x',
    '/srv/app/config.php': 'x',
    '/usr/share/php/Mail.php': 'x',
  });
  const facts = (await createAnalysis(tree, config).factsOf([path])).get(path) ?? [];
  expect(facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind))).toEqual([
    '/srv/app/lib/a.php',
    '/usr/share/php/Mail.php',
    '/srv/app/config.php',
  ]);
});

test('any text is scanned to its end', () => {
  const part = fc.constantFrom(
    'require ',
    '__DIR__',
    ' . ',
    "'",
    '"',
    '`',
    '/*',
    '*/',
    '//',
    '\n',
    'dirname(',
    ')',
    'a.php',
  );
  fc.assert(fc.property(fc.array(part), (parts) => scanPhp(parts.join('')).imports.length >= 0));
});
