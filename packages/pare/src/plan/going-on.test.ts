import type { FileTree, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { PlanInput } from './plan-input.ts';
import { createPlanner, type Planner, type PlanStep, recallPlanner } from './planner.ts';
import {
  installed,
  keptIn,
  linksTo,
  needs,
  type PlanCase,
  planInput,
  reasonsOf,
} from './testing/plan-case.ts';

const tree = memoryTree({
  '/app/main.js': 'x',
  '/app/unused.sh': { content: 'x', mode: 0o755 },
  '/bin/sh': 'x',
  '/etc/b.conf': 'x',
  '/usr/bin/perl': 'x',
  '/usr/bin/a': { content: 'x', mode: 0o755 },
  '/usr/lib/liba.so': 'x',
  '/usr/lib/libb.so': { content: { sizeBytes: 9 * 1024 * 1024, readRange: async () => new Uint8Array(0) } },
  // Kept where what they lead to is, at no cost.
  '/usr/bin/other-name': { symlink: '/etc/alternatives/other-name' },
  '/etc/alternatives/other-name': { symlink: '/usr/bin/a' },
  '/usr/lib/plugin.so': 'x',
  '/usr/lib/link.so': { symlink: 'libb.so' },
  '/usr/share/b/data': 'x',
  '/usr/share/perl/5.36.0/strict.pm': 'x',
  '/usr/lib/x/perl/5.36.0/IO.pm': 'x',
  '/usr/lib/x/perl-base/strict.pm': 'x',
  '/usr/lib/ssl/misc/tool': 'x',
  '/usr/lib/x/libssl.so.3': 'x',
  '/usr/lib/x/libcrypto.so.3': 'x',
});
const files = [...tree.entries()].flatMap(({ kind, path }) => (kind === 'directory' ? [] : [path]));
const someFile = fc.constantFrom<ImagePath>(...files);

const someFact: fc.Arbitrary<Fact> = fc
  .tuple(
    someFile,
    someFile,
    fc.constantFrom('elf-needed', 'import', 'shebang', 'elf-dlopen', 'script-command', 'settings'),
  )
  .map(([from, to, kind]): Fact => {
    if (kind === 'elf-needed') return linksTo(from, to);
    if (kind !== 'settings') return needs(from, to, kind);
    return { kind: 'needs', from, to, reason: { kind: 'named-in-settings', of: from, name: to } };
  });

const aCase: fc.Arbitrary<PlanCase> = fc.record({
  uses: fc.array(
    fc.tuple(someFile, fc.constantFrom('read', 'stat', 'execute', 'create', 'load')).map(([path, access]) => {
      return [path, access] as const;
    }),
    { maxLength: 6 },
  ),
  facts: fc.array(someFact, { maxLength: 12 }),
  packages: fc
    .tuple(fc.subarray(files), fc.subarray(files), fc.boolean())
    .map(([a, b, base]) => [
      installed('deb', 'a', a, { base }),
      installed('deb', 'b', b, { dependsOn: ['deb:a'] }),
    ]),
  putBack: fc
    .array(someFile, { maxLength: 2 })
    .map((paths) => paths.map((path) => ({ path, round: 1, probe: 'GET /' }))),
  level: fc.constantFrom('observed', 'used', 'packages'),
});

/** The input of a case, and the same one with nothing observed. */
function inputs(given: PlanCase): { readonly input: PlanInput; readonly unobserved: PlanInput } {
  const input = planInput(tree as FileTree, given);
  const { observation } = planInput(tree, { survey: input.survey });
  return { input, unobserved: { ...input, observation, putBack: [] } };
}

const recall = (...given: Parameters<typeof recallPlanner>) => runToEnd(recallPlanner(...given));

function close(planner: Planner, given: PlanCase): Extract<PlanStep, { kind: 'closed' }> {
  let answers = new Map<ImagePath, readonly Fact[]>();
  for (;;) {
    const step = runToEnd(planner.next(answers));
    if (step.kind === 'closed') return step;
    answers = new Map(
      step.paths.map((path) => [path, (given.facts ?? []).filter(({ from }) => from === path)]),
    );
  }
}

describe('a plan that goes on from one with nothing observed', () => {
  it('is the one that the planner comes to by itself', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const { input, unobserved } = inputs(given);
        const before = createPlanner(unobserved);
        const without = close(before, given).assemble();
        const plan = close(before.goOn(input), given).assemble();
        expect(plan).toEqual(close(createPlanner(input), given).assemble());
        // So is the one that goes on from what was kept of it for the next run, as JSON.
        const recalled = recall(JSON.parse(JSON.stringify(before.learnt())), unobserved);
        expect(recalled?.leadsTo(input)).toBe(true);
        expect(recalled && close(recalled.goOn(input), given).assemble()).toEqual(plan);
        expect(recalled?.learnt(), 'which is nothing new').toBeUndefined();
        // What it grew from is as it was, and good for another.
        expect(close(before.goOn(unobserved), given).assemble()).toEqual(without);
        expect(close(before.goOn(input), given).assemble()).toEqual(plan);
      }),
      { numRuns: 300 },
    );
  });

  it('names the least of all paths that touched a package, also of what was offered before', () => {
    const given: PlanCase = {
      uses: ['/etc/b.conf', '/usr/lib/libb.so'],
      facts: [
        needs('/app/main.js', '/usr/share/b/data', 'import'),
        linksTo('/usr/lib/plugin.so', '/usr/lib/libb.so'),
      ],
      packages: [installed('deb', 'b', ['/etc/b.conf', '/usr/lib/plugin.so', '/usr/share/b/data'])],
    };
    const { input, unobserved } = inputs(given);
    const before = createPlanner(unobserved);
    close(before, given);
    const plan = close(before.goOn(input), given).assemble();
    expect(reasonsOf(plan, '/usr/lib/plugin.so')).toEqual([
      { kind: 'package-file', ecosystem: 'deb', package: 'b', because: '/etc/b.conf' },
    ]);
  });

  it('sets off families each time anew', () => {
    const given: PlanCase = { uses: [['/usr/bin/perl', 'execute']] };
    const { input, unobserved } = inputs(given);
    const before = createPlanner(unobserved);
    close(before, given);
    for (const _ of ['once', 'twice']) {
      expect(keptIn(close(before.goOn(input), given).assemble(), '/usr/lib/x/perl')).toContain(
        '/usr/lib/x/perl/5.36.0/IO.pm',
      );
    }
  });

  it('is kept for the next run when it is closed, and is of no use to one with other rules', () => {
    const { unobserved } = inputs({});
    const planner = createPlanner(unobserved);
    expect(planner.learnt()).toBeUndefined();
    close(planner, {});
    const learnt = planner.learnt();
    expect(learnt?.kept.length).toBeGreaterThan(0);
    for (const other of [
      { level: 'packages' } as const,
      { include: ['/app/**'] },
      {
        configRoots: [{ path: '/bin/sh' as ImagePath, reason: { kind: 'image-config', field: 'shell' } }],
      } as const,
      { archivedLocales: ['de_DE.utf8'] },
      { packageRules: { includePackages: ['a'], includeEcosystems: [], excludePackages: [] } },
    ]) {
      expect(learnt && recall(learnt, { ...unobserved, ...other })).toBeUndefined();
    }
  });

  it.each<readonly [string, PlanCase]>([
    ['of which something could not be known', { include: ['/missing/**'] }],
    ['that leaves something out', { exclude: ['/app/**'] }],
  ])('is not kept where it is one %s', (_, given) => {
    const { unobserved } = inputs(given);
    const planner = createPlanner(unobserved);
    close(planner, given);
    expect(planner.learnt()).toBeUndefined();
  });

  it.each<readonly [string, (input: PlanInput) => Partial<PlanInput>]>([
    ['lost something', ({ observation }) => ({ observation: lossy(observation) })],
    ['leaves something out', () => ({ exclude: ['/app/**'] })],
    [
      'drops a package',
      () => ({ packageRules: { includePackages: [], includeEcosystems: [], excludePackages: ['a'] } }),
    ],
    ['includes something else', () => ({ include: ['/app/**'] })],
    ['is of another survey', ({ survey }) => ({ survey: { ...survey } })],
    ['is of another level', () => ({ level: 'packages' })],
  ])('is refused to an input that %s', (_, change) => {
    const { input, unobserved } = inputs({ uses: ['/usr/bin/a'] });
    const planner = createPlanner(unobserved);
    expect(planner.leadsTo(input)).toBe(true);
    expect(planner.leadsTo({ ...input, ...change(input) })).toBe(false);
  });

  it('is refused by a plan of an observation', () => {
    const { input } = inputs({ uses: ['/usr/bin/a'] });
    expect(createPlanner(input).leadsTo(input)).toBe(false);
  });
});

function lossy(observation: PlanInput['observation']): PlanInput['observation'] {
  return { ...observation, account: { ...observation.account, lost: 1 } };
}
