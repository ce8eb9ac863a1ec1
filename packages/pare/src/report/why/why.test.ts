import type { ImagePath } from '@pare/oci';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeepReason } from '../../model/keep-reason.ts';
import type { ReportedFile, RunReport } from '../../model/run-report.ts';
import { sampleReport } from '../fixtures/sample-report.ts';
import { createExplainer } from './explain-path.ts';
import { renderWhy } from './render-why.ts';
import { summarisePaths } from './summarise-paths.ts';

const path = (text: string) => text as ImagePath;
const observed: KeepReason = { kind: 'observed', accesses: ['execute'], process: 'sh', probe: 'GET /' };
const link = (from: string, target: string): ReportedFile => ({
  path: path(from),
  kind: 'symlink',
  mode: 0o777,
  uid: 0,
  gid: 0,
  sizeBytes: target.length,
  target,
});

function reportOf(
  kept: Readonly<Record<string, readonly KeepReason[]>>,
  over: Partial<Pick<RunReport, 'files'>> & { readonly removed?: readonly string[] } = {},
): RunReport {
  const plan = {
    ...sampleReport.plan,
    kept: Object.entries(kept).map(([key, reasons]) => ({ path: path(key), reasons })),
    removed: (over.removed ?? []).map(path),
  };
  return { ...sampleReport, plan, files: over.files ?? [] };
}

const needs = (of: string): KeepReason => ({
  kind: 'elf-needed',
  of: path(of),
  soname: 'libx.so.1',
  through: 'default-directory',
});
const linked = reportOf(
  {
    '/bin': [{ kind: 'directory-skeleton' }],
    '/usr/bin/app': [observed],
    '/usr/lib': [{ kind: 'parent-directory', of: path('/usr/lib/libx.so.1') }],
    '/usr/lib/liba.so': [needs('/bin/app')],
    '/usr/lib/libx.so.1': [
      { kind: 'symlink-target', of: path('/usr/lib/libx.so.1') },
      needs('/usr/lib/liba.so'),
    ],
    '/var/cache': [{ kind: 'parent-directory', of: path('/var/cache/made-at-run-time') }],
  },
  {
    files: [link('/bin', 'usr/bin'), link('/loop', 'loop')],
    removed: ['/usr/bin/perl', '/usr/lib/colorsys.py'],
  },
);

describe('why a path is kept', () => {
  test('leads by the shortest chain to an observation, through links in the paths that reasons name', () => {
    const answer = createExplainer(linked).explain('/usr/lib');
    expect(answer).toMatchObject({ kind: 'kept', path: '/usr/lib' });
    expect(answer.kind === 'kept' && answer.chain.map(({ path, reason }) => [path, reason.kind])).toEqual([
      ['/usr/lib', 'parent-directory'],
      ['/usr/lib/libx.so.1', 'elf-needed'],
      ['/usr/lib/liba.so', 'elf-needed'],
      ['/usr/bin/app', 'observed'],
    ]);
  });

  test('follows kept links on the way and says so', () => {
    expect(createExplainer(linked).explain('/bin/../bin//app')).toMatchObject({
      kind: 'kept',
      path: '/usr/bin/app',
      through: ['/bin'],
    });
    expect(createExplainer(linked).explain('/loop/x').kind).toBe('unknown');
  });

  test('ends at what the application makes at run time, which is in no image', () => {
    const answer = createExplainer(linked).explain('/var/cache');
    expect(renderWhy(answer, { color: false, width: 90, probes: [] })).toBe(
      `kept     /var/cache
  because it is a directory above /var/cache/made-at-run-time
    /var/cache/made-at-run-time is made by the application
`,
    );
  });

  test('every chain of reasons without a way out still gives a reason', () => {
    const round = reportOf({ '/a': [needs('/b')], '/b': [needs('/a')] });
    const answer = createExplainer(round).explain('/a');
    expect(answer.kind === 'kept' && answer.chain).toEqual([{ path: '/a', reason: needs('/b') }]);
  });

  test('chains end where something stands by itself, whatever the reasons', () => {
    const names = ['/a', '/b', '/c', '/d', '/e'];
    const reason = fc.oneof(fc.constantFrom(...names).map(needs), fc.constant(observed));
    const reasons = fc.array(reason, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.tuple(reasons, reasons, reasons, reasons, reasons), (lists) => {
        const kept = Object.fromEntries(names.map((name, index) => [name, lists[index] ?? []]));
        const explainer = createExplainer(reportOf(kept));
        for (const name of names) {
          const answer = explainer.explain(name);
          if (answer.kind !== 'kept') throw new Error(`${name} is kept`);
          for (const [index, step] of answer.chain.entries()) {
            expect(kept[step.path]).toContainEqual(step.reason);
            const next = answer.chain[index + 1];
            if (next !== undefined) expect(step.reason).toMatchObject({ of: next.path });
          }
          const reachesObservation = reaches(name, kept);
          expect(answer.chain.at(-1)?.reason.kind === 'observed').toBe(reachesObservation);
        }
      }),
    );
  });
});

/** Whether any way along the reasons leads to an observation. */
function reaches(from: string, kept: Readonly<Record<string, readonly KeepReason[]>>): boolean {
  const seen = new Set([from]);
  for (const name of seen)
    for (const reason of kept[name] ?? []) {
      if (reason.kind === 'observed') return true;
      if (reason.kind === 'elf-needed') seen.add(reason.of);
    }
  return false;
}

describe('why a path is not kept', () => {
  test('says that nothing needs it and how to keep it', () => {
    const answer = createExplainer(linked).explain('/bin/perl');
    expect(answer).toEqual({ kind: 'removed', path: '/usr/bin/perl', through: ['/bin'] });
    expect(renderWhy(answer, { color: false, width: 90, probes: [] })).toContain('--include /usr/bin/perl');
  });

  test('says how it was used all the same when a rule left it out', () => {
    const excluded = reportOf({}, { removed: ['/etc/app.conf'] });
    const answer = createExplainer(excluded).explain('/etc/app.conf');
    expect(answer).toMatchObject({ kind: 'removed', use: { accesses: ['stat', 'read'] } });
    expect(renderWhy(answer, { color: false, width: 90, probes: [] })).toContain('before the first probe');
  });

  test.each([
    ['/usr/lib/colosys.py', '/usr/lib/colorsys.py'],
    ['/usr/sbin/perl', '/usr/bin/perl'],
    ['/usr/bin/APP', '/usr/bin/app'],
  ])('suggests for %s what may have been meant', (asked, meant) => {
    const answer = createExplainer(linked).explain(asked);
    expect(answer.kind === 'unknown' && answer.nearest[0]).toBe(meant);
  });

  test('never throws, whatever is asked', () => {
    fc.assert(
      fc.property(fc.string(), (asked) => {
        const answer = createExplainer(linked).explain(asked);
        expect(renderWhy(answer, { color: true, width: 40, probes: [] })).not.toContain('\u0007');
      }),
    );
  });
});

test('sums up what matches, and says nothing of what does not', () => {
  expect(summarisePaths(linked, '/usr/lib/', (one) => one.startsWith('/usr/lib/'))).toMatchObject({
    kept: 2,
    removed: 1,
    reasons: [
      { kind: 'elf-needed', paths: 2 },
      { kind: 'symlink-target', paths: 1 },
    ],
    someRemoved: ['/usr/lib/colorsys.py'],
  });
  expect(summarisePaths(linked, '/x/', () => false)).toBeUndefined();
});
