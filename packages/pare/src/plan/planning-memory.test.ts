import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import type { FreeNeeds, Offer } from './candidates.ts';
import type { Evidence, Kept } from './keep-set.ts';
import type { PlanningState } from './planning.ts';
import { decodePlanning, encodePlanning, rememberedPaths } from './planning-memory.ts';
import { installed, planInput } from './testing/plan-case.ts';

const at = (path: string) => path as ImagePath;
const tree = memoryTree({
  '/usr/bin/a': 'x',
  '/usr/bin/b': 'x',
  '/usr/lib/cache/made': 'x',
  '/usr/lib/loaders/made': 'x',
});
const owned = ['/usr/lib/cache', '/usr/lib/loaders', '/usr/bin/a'];
const a = installed('deb', 'a', owned);
/** Of the same name, as packages of two architectures are. */
const other = installed('deb', 'a', ['/usr/bin/a'], { id: 'deb:a:i386' });
const input = planInput(tree, { packages: [a, other] });

const ofA = { kind: 'package-file', ecosystem: 'deb', package: 'a', because: at('/usr/bin/b') } as const;
const ofOther = { ...ofA, because: at('/usr/lib') };
const made: KeepReason = { kind: 'application-file' };

function kept(path: string, evidence: Evidence, isProgram: boolean, ...reasons: KeepReason[]): Kept {
  const entry = tree.get(at(path));
  const place = tree.placeOf(at(path));
  if (entry === undefined || place === undefined) throw new Error(`${path} is not there`);
  return { entry, place, evidence, isProgram, reasons };
}

function offer(limitBytes: number, free: FreeNeeds, ...paths: string[]): Offer {
  return [{ reason: made, limitBytes, free }, paths.map(at)];
}

const nodes = [
  kept('/usr/bin/a', 'reserve', true, made, ofA, ofOther),
  kept('/usr/bin/b', 'used', false, { kind: 'shebang', of: at('/usr/bin/a') }),
  kept('/usr/lib', 'used', true, made),
];
const groups = input.survey.generated.filter(
  ({ files }) => files[0]?.startsWith('/usr/lib/loaders/') === true,
);
const state: PlanningState = {
  kept: new Map(nodes.map((node) => [node.entry.path, node])),
  offers: [
    offer(0, { kind: 'none' }, '/usr/bin/b', '/missing'),
    offer(1024, { kind: 'itself' }, '/usr/bin/a'),
    offer(Number.POSITIVE_INFINITY, { kind: 'package', package: a }, '/usr/bin/a', '/usr/bin/b'),
    offer(7, { kind: 'together', paths: new Set([at('/usr/lib'), at('/usr/bin/b')]) }, '/usr/bin/b'),
  ],
  touched: [
    { package: a, reason: ofA, because: at('/usr/bin/a'), isWhole: true },
    { package: other, reason: ofOther, because: at('/usr/lib'), isWhole: false },
  ],
  noticed: new Map([['glibc', new Set([at('/usr/lib/cache/made')])]]),
  generated: groups,
  unknowns: [],
};

describe('what is kept of a planning', () => {
  it('is what it had come to, with the packages that were touched for the least of all paths', () => {
    const memory = JSON.parse(JSON.stringify(encodePlanning(state, input)));
    const recalled = runToEnd(decodePlanning(memory, input));
    const nowOfA = { ...ofA, because: at('/usr/bin/a') };
    const [first, ...rest] = nodes;
    expect(groups).toHaveLength(1);
    expect(input.survey.generated.length).toBeGreaterThan(1);
    expect([...(recalled?.kept.values() ?? [])]).toEqual([
      { ...first, reasons: [made, nowOfA, ofOther] },
      ...rest,
    ]);
    expect(recalled?.offers).toEqual(state.offers);
    expect(recalled?.touched).toEqual([{ ...state.touched[0], reason: nowOfA }, state.touched[1]]);
    expect(recalled?.noticed).toEqual(new Map([['glibc', [at('/usr/lib/cache/made')]]]));
    expect(recalled?.generated).toEqual(groups);
    expect(rememberedPaths(memory, tree)).toEqual(['/usr/bin/a', '/usr/bin/b', '/usr/lib']);
  });

  it('tells which package a reason is of, though two have one name', () => {
    const recalled = runToEnd(
      decodePlanning(JSON.parse(JSON.stringify(encodePlanning(state, input))), input),
    );
    const [, ...ofPackages] = recalled?.kept.get(at('/usr/bin/a'))?.reasons ?? [];
    expect(ofPackages.map((reason) => recalled?.touched.findIndex((each) => each.reason === reason))).toEqual(
      [0, 1],
    );
  });

  it('is nothing where something could not be known', () => {
    expect(encodePlanning({ ...state, unknowns: ['/x: elf: it is cut off'] }, input)).toBeUndefined();
  });
});
