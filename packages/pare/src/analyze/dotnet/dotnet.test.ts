import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseDepsJson } from './deps-json.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const deps = JSON.stringify({
  runtimeTarget: { name: '.NETCoreApp,Version=v8.0' },
  targets: {
    other: { 'Wrong/1': {} },
    '.NETCoreApp,Version=v8.0': {
      'Shop/1.0.0': { dependencies: { Dapper: '2.1' }, runtime: { 'Shop.dll': {} } },
      'Dapper/2.1.0': {
        dependencies: { 'SQLite.Native': '1.0' },
        runtime: { 'lib/net8.0/Dapper.dll': {}, 'lib/net8.0/_._': {} },
        resources: { 'lib/net8.0/de/Dapper.resources.dll': { locale: 'de' } },
      },
      'SQLite.Native/1.0.0': {
        runtimeTargets: { 'runtimes/linux-x64/native/libe_sqlite3.so': { rid: 'linux-x64' } },
      },
    },
  },
  libraries: {
    'Shop/1.0.0': { type: 'project' },
    'Dapper/2.1.0': { type: 'package' },
    'SQLite.Native/1.0.0': { type: 'package' },
  },
});

test('names the packages of a published application with their files and needs', async () => {
  const tree = memoryTree({
    '/app/Shop.dll': 'x',
    '/app/Shop.deps.json': deps,
    '/app/Shop.runtimeconfig.json': '{}',
    '/app/Dapper.dll': 'x',
    '/app/de/Dapper.resources.dll': 'x',
    '/app/runtimes/linux-x64/native/libe_sqlite3.so': 'x',
    '/broken/x.deps.json': '{',
  });
  const analysis = createAnalysis(tree, config);
  const { packages, unknowns } = await analysis.packages();
  expect(
    packages.map(({ name, version, files, dependsOn }) => ({ name, version, files, dependsOn })),
  ).toEqual([
    {
      name: 'Dapper',
      version: '2.1.0',
      files: ['/app/Dapper.dll', '/app/de/Dapper.resources.dll'],
      dependsOn: ['nuget:/app/Shop.deps.json#SQLite.Native'],
    },
    {
      name: 'SQLite.Native',
      version: '1.0.0',
      files: ['/app/runtimes/linux-x64/native/libe_sqlite3.so'],
      dependsOn: [],
    },
  ]);
  expect(unknowns).toEqual([expect.objectContaining({ analyzer: 'dotnet', from: '/broken/x.deps.json' })]);
  const shop = '/app/Shop.dll' as ImagePath;
  const facts = (await analysis.factsOf([shop])).get(shop) ?? [];
  expect(facts.map((fact) => (fact.kind === 'needs' ? fact.to : fact.kind))).toEqual([
    '/app/Shop.deps.json',
    '/app/Shop.runtimeconfig.json',
  ]);
});

test.each(['[]', '{}', 'null', '{"targets":{},"libraries":{}}', '{"targets":{"a":1},"libraries":{}}'])(
  'a deps.json of %s names nothing',
  (text) => {
    expect(parseDepsJson(text)).toEqual([]);
  },
);

test('a path that leads out of the application is not owned', async () => {
  const hostile = deps.replace('runtimes/linux-x64/native/libe_sqlite3.so', '../etc/shadow');
  const { packages } = await createAnalysis(
    memoryTree({ '/app/Shop.deps.json': hostile, '/etc/shadow': 'x' }),
    config,
  ).packages();
  expect(packages).toEqual([]);
});
