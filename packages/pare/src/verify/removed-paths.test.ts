import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileUse } from '../model/observation.ts';
import type { ReportedFile } from '../model/run-report.ts';
import { lackingPaths, removedInReport, removedInTree } from './removed-paths.ts';

const path = (text: string) => text as ImagePath;

const tree = memoryTree({
  '/bin': { symlink: 'usr/bin' },
  '/usr/bin/app': 'app',
  '/usr/bin/perl': 'perl',
  '/usr/share/zoneinfo/UTC': 'utc',
  '/usr/lib/old': { symlink: '../share' },
  '/etc/current': { symlink: '/etc/v1' },
  '/etc/v1/app.conf': 'x',
  '/loop': { symlink: '/loop' },
  '/empty': { directory: true },
});
const kept = ['/', '/bin', '/usr', '/usr/bin', '/usr/bin/app', '/etc', '/etc/current', '/etc/v1', '/loop'];
const files = kept.flatMap((one): readonly ReportedFile[] => {
  const entry = tree.get(path(one));
  if (entry?.kind !== 'symlink') return [];
  return [
    { path: path(one), kind: 'symlink', mode: 0o777, uid: 0, gid: 0, sizeBytes: 1, target: entry.target },
  ];
});
const removed = [...tree.entries()].map((entry) => entry.path).filter((one) => !kept.includes(one));
const plan = {
  schema: 'pare.plan/1',
  level: 'used',
  kept: kept.map((one) => ({ path: path(one), reasons: [] })),
  removed,
  keptBytes: 0,
  removedBytes: 0,
  unknowns: [],
} as const;
const removedLinks = [{ path: path('/usr/lib/old'), target: '../share' }];
const inReport = removedInReport({ plan, files, removedLinks });
const inTree = removedInTree(tree, new Set<ImagePath>(kept.map(path)));

describe.each([
  ['a report', inReport],
  ['the fat image', inTree],
])('%s', (_, removedPathsOf) => {
  test.each([
    ['/usr/bin/perl', ['/usr/bin/perl']],
    ['/bin/perl', ['/usr/bin/perl']],
    ['/etc/current/app.conf', ['/etc/v1/app.conf']],
    ['/usr/share/zoneinfo', ['/usr/share/zoneinfo']],
    ['/usr/lib/old/zoneinfo/UTC', ['/usr/lib/old', '/usr/share/zoneinfo/UTC']],
    ['/empty', ['/empty']],
  ])('tells what a request for %s needed of what was removed', (asked, found) => {
    expect(removedPathsOf(path(asked))).toEqual(found);
  });

  test.each([
    '/usr/bin/app',
    '/nowhere',
    '/usr/share/nothing',
    '/empty/x',
    '/etc/current/other',
    '/loop/x',
    '/',
  ])('knows that the fat image has no more than the slim one at %s', (asked) => {
    expect(removedPathsOf(path(asked))).toEqual([]);
  });
});

test('for any path a report tells what the fat image does', () => {
  const segment = fc.constantFrom(
    'usr',
    'bin',
    'lib',
    'share',
    'old',
    'etc',
    'current',
    'v1',
    'app',
    'perl',
    'loop',
  );
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const asked = path(`/${segments.join('/')}`);
      expect(inReport(asked)).toEqual(inTree(asked));
    }),
    { numRuns: 500 },
  );
});

test('gives each lacking path once, and nothing that was there', () => {
  const use = (text: string, existed: boolean): FileUse => ({
    path: path(text),
    accesses: ['read'],
    existed,
    process: 0,
    phase: 'start-up',
    probe: undefined,
  });
  const uses = [
    use('/usr/bin/perl', false),
    use('/bin/perl', false),
    use('/usr/bin/app', true),
    use('/x', false),
  ];
  expect(lackingPaths({ files: uses }, inReport)).toEqual(['/usr/bin/perl']);
});
