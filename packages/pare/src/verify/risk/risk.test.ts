import type { ImagePath } from '@pare/oci';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileUse } from '../../model/observation.ts';
import type { DiscoveryStep } from '../../model/risk.ts';
import { highestChance } from './binomial.ts';
import { discoveryCurve, estimateNextProbe, estimateUnseen } from './discovery.ts';
import { estimateRisk } from './estimate-risk.ts';
import { estimateSampledRuns } from './sampled-runs.ts';

const use = (path: string, over: Partial<FileUse> = {}): FileUse => ({
  path: path as ImagePath,
  accesses: ['read'],
  existed: true,
  process: 0,
  phase: 'serving',
  probe: undefined,
  ...over,
});

const curve = (...found: readonly number[]): readonly DiscoveryStep[] =>
  [0, ...found].map((newFiles, index) => ({ newFiles, ...(index === 0 ? {} : { probe: `probe ${index}` }) }));

describe('discoveryCurve', () => {
  test('counts the files whose content a probe was the first to use', () => {
    const files = [
      use('/usr/bin/app', { accesses: ['execute'] }),
      use('/usr/lib/liba.so', { accesses: ['load'] }),
      use('/srv/a.tpl', { probe: 0 }),
      use('/srv/b.tpl', { probe: 1 }),
      use('/srv/c.tpl', { probe: 1 }),
    ];
    expect(discoveryCurve({ files, probes: ['GET /', 'GET /b'] })).toEqual([
      { newFiles: 2 },
      { probe: 'GET /', newFiles: 1 },
      { probe: 'GET /b', newFiles: 2 },
    ]);
  });

  test.each([
    ['was not there', use('/a', { existed: false })],
    ['was only looked at', use('/a', { accesses: ['stat', 'list'] })],
    ['is the kernel’s', use('/proc/self/status')],
  ])('leaves out what %s', (_, file) => {
    expect(discoveryCurve({ files: [file], probes: [] })).toEqual([{ newFiles: 0 }]);
  });
});

describe('estimates of what further probes find', () => {
  test('says nothing from fewer than six probes', () => {
    expect(estimateNextProbe(curve(4, 3, 2, 1, 0))).toBeUndefined();
    expect(estimateUnseen(curve(4, 3, 2, 1, 0))).toEqual({ kind: 'too-few-probes', least: 6 });
  });

  test('a curve that went flat: none unseen, and a chance that the number of probes bounds', () => {
    const flat = curve(9, 3, 1, 0, 0, 0);
    expect(estimateUnseen(flat)).toEqual({ kind: 'estimated', files: 0 });
    const next = estimateNextProbe(flat);
    expect(next).toMatchObject({ probes: 3, finding: 0, newFiles: 0 });
    expect(next?.chanceAtMost).toBeCloseTo(1 - 0.05 ** (1 / 3), 4);
  });

  test('a falling curve: u2² / (u1 − u2), rounded up', () => {
    expect(estimateUnseen(curve(8, 6, 4, 3, 2, 1))).toEqual({ kind: 'estimated', files: 3 });
  });

  test('an odd first probe belongs to neither half', () => {
    expect(estimateUnseen(curve(50, 4, 3, 3, 2, 2, 1))).toEqual({ kind: 'estimated', files: 5 });
  });

  test('a curve that does not fall: no number', () => {
    expect(estimateUnseen(curve(1, 1, 1, 1, 1, 1))).toEqual({ kind: 'not-levelling-off' });
  });

  test('is near the truth when every probe uses each file with one chance', () => {
    // 1000 files of chance 0.1: after 10 probes 0.9^10 of them, 349, are unseen; the expected curve falls by 0.9 a probe.
    const expected = curve(...Array.from({ length: 10 }, (_, index) => 100 * 0.9 ** index));
    const estimate = estimateUnseen(expected);
    expect(estimate.kind === 'estimated' && Math.abs(estimate.files - 349)).toBeLessThanOrEqual(1);
  });
});

describe('highestChance', () => {
  test.each([
    [0, 10, 0.2589],
    [1, 10, 0.3942],
    [5, 10, 0.7776],
    [10, 10, 1],
    [0, 0, 1],
  ])('%i of %i: %f, as in the tables of Clopper and Pearson', (successes, trials, chance) => {
    expect(highestChance(successes, trials)).toBeCloseTo(chance, 3);
  });

  test('is never below what was seen, nor above certainty', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (a, b) => {
        const [successes, trials] = [Math.min(a, b), Math.max(a, b)];
        const chance = highestChance(successes, trials);
        expect(chance).toBeLessThanOrEqual(1);
        if (trials > 0) expect(chance).toBeGreaterThanOrEqual(successes / trials);
      }),
    );
  });
});

describe('estimateSampledRuns', () => {
  test('an observation of one run is no sample', () => {
    expect(estimateSampledRuns({ files: [use('/a')] })).toBeUndefined();
  });

  test('Chao2 and the coverage of an example worked by hand', () => {
    // 5 runs, Q1 = 4, Q2 = 2, one file in all five: U = 4 + 4 + 5 = 13.
    const files = [
      ...['/a', '/b', '/c', '/d'].map((path) => use(path)),
      ...['/e', '/f'].map((path) => use(path, { observedIn: 2 })),
      use('/g', { observedIn: 5 }),
    ];
    const sampled = estimateSampledRuns({ files, mergedFrom: 5 });
    expect(sampled).toMatchObject({ observations: 5, once: 4, twice: 2, unseen: 4 });
    expect(sampled?.coverage).toBeCloseTo(1 - (4 / 13) * (16 / 20), 6);
  });

  test('runs that all used the same: all is covered', () => {
    const sampled = estimateSampledRuns({ files: [use('/a', { observedIn: 3 })], mergedFrom: 3 });
    expect(sampled).toMatchObject({ coverage: 1, unseen: 0 });
  });
});

test('names the packages of which kept files were not seen in use, the largest rest first', () => {
  const package_ = (name: string) =>
    ({ kind: 'package-file', ecosystem: 'deb', package: name, because: '/x' as ImagePath }) as const;
  const observed = { kind: 'observed', accesses: ['read'], process: 'app' } as const;
  const kept = [
    { path: '/a/1' as ImagePath, reasons: [package_('a'), observed] },
    // One file, whatever it is kept for.
    { path: '/a/2' as ImagePath, reasons: [package_('a'), { ...package_('a'), because: '/y' as ImagePath }] },
    { path: '/b' as ImagePath, reasons: [package_('b'), observed] },
    { path: '/b/1' as ImagePath, reasons: [package_('b'), observed] },
    { path: '/b/2' as ImagePath, reasons: [package_('b')] },
    { path: '/b/3' as ImagePath, reasons: [package_('b')] },
    { path: '/whole' as ImagePath, reasons: [package_('whole'), observed] },
  ];
  const risk = estimateRisk({
    observation: { files: [], probes: [] },
    plan: { kept },
    isFile: (path) => path !== '/b',
    heldOut: undefined,
  });
  expect(risk.partlyExercised).toEqual([
    { ecosystem: 'deb', name: 'b', keptFiles: 3, usedFiles: 1 },
    { ecosystem: 'deb', name: 'a', keptFiles: 2, usedFiles: 1 },
  ]);
});
