import type { FileTree, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../model/fact.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { parentOf } from './system-paths.ts';
import { installed, linksTo, needs, planCase, type Use } from './testing/plan-case.ts';

const directories = ['/usr/lib', '/usr/bin', '/etc', '/app', '/app/node_modules/a', '/opt/x', '/var/lib/y'];
const paths = directories.flatMap((directory) =>
  ['1', '2', '3.so', '4.js'].map((name) => `${directory}/${name}`),
);
const somePath = fc.constantFrom(...paths);
const entry: fc.Arbitrary<MemoryEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(9).map((size): MemoryEntry => 'x'.repeat(size)) },
  { weight: 1, arbitrary: fc.constantFrom(2, 9).map((size): MemoryEntry => large(size)) },
  {
    weight: 2,
    arbitrary: fc
      .oneof(somePath, fc.constantFrom('..', '3.so', '/missing', '/etc'))
      .map((symlink): MemoryEntry => ({ symlink })),
  },
  { weight: 1, arbitrary: fc.constant<MemoryEntry>({ directory: true }) },
);

function large(megabytes: number): MemoryEntry {
  return { content: { sizeBytes: megabytes * 1024 * 1024, readRange: async () => new Uint8Array(0) } };
}

interface Case {
  readonly tree: FileTree;
  readonly uses: readonly Use[];
  readonly facts: readonly Fact[];
  readonly packages: readonly Package[];
  readonly level: KeepLevel;
}

const link = fc.tuple(somePath, somePath);
const aCase: fc.Arbitrary<Case> = fc.record({
  tree: fc.dictionary(somePath, entry, { maxKeys: paths.length, noNullPrototype: true }).map(memoryTree),
  uses: fc.array(fc.tuple(somePath, fc.constantFrom('read', 'stat', 'execute', 'create')), { maxLength: 6 }),
  facts: fc
    .tuple(
      fc.array(link, { maxLength: 20 }),
      fc.array(fc.tuple(link, fc.constantFrom('import', 'shebang', 'elf-dlopen')), { maxLength: 10 }),
    )
    .map(([links, others]) => [
      ...links.map(([from, to]) => linksTo(from, to)),
      ...others.map(([[from, to], kind]) => needs(from, to, kind)),
    ]),
  packages: fc
    .tuple(fc.subarray(paths), fc.subarray(paths), fc.subarray(paths), fc.boolean())
    .map(([a, b, c, base]) => [
      installed('deb', 'a', a, { base }),
      installed('deb', 'b', b),
      installed('npm', 'c', [...c, '/app/node_modules/a/package.json'], { dependsOn: ['deb:b'] }),
    ]),
  level: fc.constantFrom<KeepLevel>('observed', 'used', 'packages'),
});

function keptPaths(given: Case): ReadonlySet<ImagePath> {
  return new Set(planCase(given.tree, given).kept.map(({ path }) => path));
}

describe('for random trees with links', () => {
  it('the kept set holds the parents, link targets and linked libraries of all that it holds', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const kept = keptPaths(given);
        for (const path of kept) {
          expect(kept).toContain(parentOf(path));
          const target = given.tree.resolve(path);
          if (target.entry !== undefined) expect(kept).toContain(target.path);
          if (given.tree.get(path)?.kind !== 'file') continue;
          for (const fact of given.facts) {
            if (fact.kind !== 'needs' || fact.from !== path || fact.reason.kind !== 'elf-needed') continue;
            if (given.tree.get(path)?.kind === 'file' && !wasAsked(given.tree, path)) continue;
            const needed = given.tree.resolve(fact.to);
            for (const onTheWay of needed.links) expect(kept).toContain(onTheWay);
            if (needed.entry !== undefined) expect(kept).toContain(needed.path);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('plans are equal whatever the order of their input', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const backwards = {
          ...given,
          uses: [...given.uses].reverse(),
          facts: [...given.facts].reverse(),
          packages: [...given.packages].reverse(),
        };
        expect(planCase(given.tree, backwards)).toEqual(planCase(given.tree, given));
      }),
      { numRuns: 200 },
    );
  });

  it('a further observation never removes anything', () => {
    fc.assert(
      fc.property(aCase, somePath, (given, path) => {
        const before = keptPaths(given);
        const after = keptPaths({ ...given, uses: [...given.uses, path] });
        for (const each of before) expect(after).toContain(each);
      }),
      { numRuns: 200 },
    );
  });

  it('a wider level keeps at least as much', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const [observed, used, packages] = (['observed', 'used', 'packages'] as const).map((level) =>
          keptPaths({ ...given, level }),
        );
        for (const path of observed ?? []) expect(used).toContain(path);
        for (const path of used ?? []) expect(packages).toContain(path);
      }),
      { numRuns: 200 },
    );
  });
});

/** Empty files and program text of installed packages are never asked about: they cannot link to anything. */
function wasAsked(tree: FileTree, path: ImagePath): boolean {
  const file = tree.get(path);
  return file?.kind === 'file' && file.sizeBytes > 0 && !path.endsWith('.js');
}
