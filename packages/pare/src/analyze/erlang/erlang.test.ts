import type { ImageConfig } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { parseAppFile } from './parse-app.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};

test('reads what an application needs, optional ones included', () => {
  const text = `%% This is no {application, wrong
    {application, 'Elixir.App',
      [{description, "50 % off {vsn, \\"0\\"}"}, {vsn, "1.2.3"}, % {vsn, "4"}
       {applications, [kernel,stdlib,'odd-name']},
       {included_applications,[mnesia]}, {optional_applications, [ssl]}]}.`;
  expect(parseAppFile(text)).toEqual({
    name: 'Elixir.App',
    version: '1.2.3',
    needs: ['kernel', 'stdlib', 'odd-name', 'mnesia', 'ssl'],
  });
});

test.each(['', '{application', '{release, x}', '\0', '%{application, a, []}.'])(
  '%j is no application',
  (text) => {
    expect(parseAppFile(text)).toBeUndefined();
  },
);

test('any text is parsed to its end', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    'application',
    ',',
    '"',
    '\\',
    '%',
    '\n',
    "'",
    'applications',
  );
  fc.assert(fc.property(fc.array(part), (parts) => parseAppFile(parts.join(' ')) !== null));
});

test('an application of a release needs those of its own release', async () => {
  const app = (name: string, needs: string) =>
    `{application, ${name}, [{vsn, "1"}, {applications, [${needs}]}]}.`;
  const { packages, unknowns } = await createAnalysis(
    memoryTree({
      '/app/lib/shop-1/ebin/shop.app': app('shop', 'kernel, ssl, missing'),
      '/app/lib/shop-1/ebin/Elixir.Shop.beam': 'x',
      '/app/lib/shop-1/priv/static/a.css': 'x',
      '/app/lib/kernel-1/ebin/kernel.app': app('kernel', ''),
      '/usr/lib/erlang/lib/kernel-1/ebin/kernel.app': app('kernel', ''),
      '/usr/lib/erlang/lib/ssl-1/ebin/ssl.app': app('ssl', 'kernel'),
      '/app/lib/odd-1/ebin/odd.app': 'nothing',
    }),
    config,
  ).packages();
  expect(unknowns).toEqual([
    expect.objectContaining({ analyzer: 'erlang', from: '/app/lib/odd-1/ebin/odd.app' }),
  ]);
  expect(packages.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
    ['erlang:/app/lib/kernel-1', []],
    ['erlang:/app/lib/shop-1', ['erlang:/app/lib/kernel-1', 'erlang:/usr/lib/erlang/lib/ssl-1']],
    ['erlang:/usr/lib/erlang/lib/kernel-1', []],
    ['erlang:/usr/lib/erlang/lib/ssl-1', ['erlang:/usr/lib/erlang/lib/kernel-1']],
  ]);
  expect(packages[1]?.files).toContain('/app/lib/shop-1/priv/static/a.css');
});
