import type { FileTree, ImagePath } from '@pare/oci';
import { type MemoryEntry, memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../model/fact.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { installed, linksTo, planCase, type Use } from './testing/plan-case.ts';

/**
 * An application that does no more than it was observed to do: it opens, lists and starts what it did, and the dynamic linker loads what that
 * links to. Its lookups are written anew here, so that a fault of the tree's own is not repeated.
 */
const directories = ['/usr/lib', '/usr/bin', '/app', '/opt/x', '/app/lib'];
const names = ['1', '2.so', '3', '4.so'];
const paths = directories.flatMap((directory) => names.map((name) => `${directory}/${name}`));
const somePath = fc.constantFrom(...paths);
const linkTarget = fc.oneof(
  somePath,
  fc.constantFrom(...directories, '..', '2.so', '../lib', '../../app', '/missing', '.', '/opt/x/3/1'),
);
const entry: fc.Arbitrary<MemoryEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(1000).map((seed): MemoryEntry => `content ${seed}`) },
  { weight: 3, arbitrary: linkTarget.map((symlink): MemoryEntry => ({ symlink })) },
  { weight: 1, arbitrary: fc.constant<MemoryEntry>({ directory: true }) },
);
/** Also through links to directories, two deep, though most of such paths lead nowhere. */
const usedPath = fc.oneof(
  { weight: 2, arbitrary: somePath },
  {
    weight: 1,
    arbitrary: fc
      .tuple(somePath, fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }))
      .map(([path, further]) => [path, ...further].join('/')),
  },
);
const access = fc.constantFrom('read', 'execute', 'list', 'stat', 'load');

interface Case {
  readonly tree: FileTree;
  readonly uses: readonly (readonly [path: string, access: 'read' | 'execute' | 'list' | 'stat' | 'load'])[];
  readonly facts: readonly Fact[];
  readonly packages: readonly Package[];
  readonly level: KeepLevel;
}

/** Some names are further names of a file: hard links. */
const someTree = fc
  .tuple(
    fc.dictionary(somePath, entry, { minKeys: 8, maxKeys: paths.length, noNullPrototype: true }),
    fc.array(fc.tuple(somePath, fc.nat()), { maxLength: 3 }),
  )
  .map(([literal, hardlinks]) => {
    const files = Object.keys(literal).filter((path) => typeof literal[path] === 'string');
    const others = hardlinks.flatMap(([name, choice]): [string, MemoryEntry][] => {
      const hardlink = files[choice % Math.max(1, files.length)];
      return hardlink === undefined || name in literal ? [] : [[name, { hardlink }]];
    });
    return memoryTree({ ...literal, ...Object.fromEntries(others) });
  });

const aCase: fc.Arbitrary<Case> = fc
  .record({
    tree: someTree,
    uses: fc.array(fc.tuple(usedPath, access), { minLength: 1, maxLength: 5 }),
    links: fc.array(fc.tuple(fc.nat(), fc.boolean(), usedPath), { minLength: 2, maxLength: 12 }),
    packages: somePackages(),
    level: fc.constantFrom<KeepLevel>('observed', 'used', 'packages'),
  })
  .map(({ links, ...given }) => ({ ...given, facts: factsOf(given, links) }));

/** Links of what is used, and of what those lead to: of files that nobody comes to, nothing would be learnt. */
function factsOf(
  { tree, uses }: Pick<Case, 'tree' | 'uses'>,
  links: readonly (readonly [choice: number, isChained: boolean, to: string])[],
): readonly Fact[] {
  const system: FileSystem = { tree, has: () => true };
  const used = uses.flatMap(([path]) => walk(system, path) ?? []);
  const from = [...used];
  const facts: Fact[] = [];
  for (const [choice, isChained, to] of links) {
    const source = isChained ? from[choice % Math.max(1, from.length)] : paths[choice % paths.length];
    if (source === undefined || tree.get(source as ImagePath)?.kind !== 'file') continue;
    facts.push(linksTo(source, to));
    const found = walk(system, to);
    if (found !== undefined) from.push(found);
  }
  return facts;
}

function somePackages(): fc.Arbitrary<readonly Package[]> {
  return fc
    .tuple(fc.subarray(paths), fc.subarray(paths), fc.boolean())
    .map(([a, b, base]) => [installed('deb', 'a', a, { base }), installed('deb', 'b', b)]);
}

/** A file system as a running program finds it: what `has` says no to is not there. */
interface FileSystem {
  readonly tree: FileTree;
  has(path: string): boolean;
}

/** What is at the end of a path: its own name there and what it is; undefined for ENOENT and ELOOP (path_resolution(7)). */
function walk(system: FileSystem, asked: string): string | undefined {
  let rest = asked.split('/').filter((one) => one !== '');
  let at: string[] = [];
  for (let links = 0; ; ) {
    const [segment, ...further] = rest;
    if (segment === undefined) return `/${at.join('/')}`;
    rest = further;
    if (segment === '.') continue;
    if (segment === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const path = `/${[...at, segment].join('/')}`;
    const found = system.has(path) ? system.tree.get(path as ImagePath) : undefined;
    if (found === undefined) return undefined;
    if (found.kind === 'symlink') {
      links += 1;
      if (links > 40) return undefined;
      if (found.target.startsWith('/')) at = [];
      rest = [...found.target.split('/').filter((one) => one !== ''), ...further];
      continue;
    }
    if (found.kind !== 'directory' && further.length > 0) return undefined;
    at.push(segment);
  }
}

/** What the application gets, a line for each thing it does. */
function answers(system: FileSystem, { facts, uses }: Case): readonly string[] {
  return uses.flatMap(([asked, how]) => {
    const found = walk(system, asked);
    const answer = `${how} ${asked}: ${found ?? 'ENOENT'}`;
    if (found === undefined || how === 'stat' || how === 'list') return [answer];
    return [answer, ...linked(system, facts, found).map((path) => `${answer}, loads ${path}`)];
  });
}

/** Everything that the dynamic linker maps for a file, breadth first (ld.so(8)); what cannot be found is told as that. */
function linked(system: FileSystem, facts: readonly Fact[], file: string): readonly string[] {
  const loaded = new Set([file]);
  for (const path of loaded) {
    if (system.tree.get(path as ImagePath)?.kind !== 'file') continue;
    for (const fact of facts) {
      if (fact.kind !== 'needs' || fact.from !== path) continue;
      const found = walk(system, fact.to);
      loaded.add(found ?? `no ${fact.to}`);
    }
  }
  return [...loaded];
}

describe('for random trees with links, an application that does what it was observed to do', () => {
  const planOf = (given: Case) => {
    const uses: readonly Use[] = given.uses.map(([path, how]) => [path, how]);
    return planCase(given.tree, { ...given, uses });
  };
  const fat = (given: Case): FileSystem => ({ tree: given.tree, has: () => true });

  it('gets every answer from the slim image that it got from the fat one', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const kept = new Set<string>(planOf(given).kept.map(({ path }) => path));
        const slim: FileSystem = { tree: given.tree, has: (path) => kept.has(path) };
        expect(answers(slim, given)).toEqual(answers(fat(given), given));
      }),
      { numRuns: 400 },
    );
  });

  it('gets the same answers whichever removed path is taken away, with all below it', () => {
    fc.assert(
      fc.property(aCase, fc.nat(), (given, choice) => {
        const { removed } = planOf(given);
        const gone = removed[choice % Math.max(1, removed.length)];
        fc.pre(gone !== undefined);
        const without: FileSystem = {
          tree: given.tree,
          has: (path) => path !== gone && !path.startsWith(`${gone}/`),
        };
        expect(answers(without, given)).toEqual(answers(fat(given), given));
      }),
      { numRuns: 200 },
    );
  });

  it('would notice a kept path that is taken away, more often than not', () => {
    // The answers are worth something: when what was used is removed, they change.
    const given = fc.sample(aCase, { numRuns: 200, seed: 1 });
    const noticed = given.filter((one) => {
      const found = one.uses.map(([path]) => walk(fat(one), path)).filter((path) => path !== undefined);
      const [gone] = found;
      if (gone === undefined || gone === '/') return false;
      const without: FileSystem = { tree: one.tree, has: (path) => path !== gone };
      return JSON.stringify(answers(without, one)) !== JSON.stringify(answers(fat(one), one));
    });
    expect(noticed.length).toBeGreaterThan(60);
  });

  it('would notice a planner that knows nothing of what files link to', () => {
    const given = fc.sample(aCase, { numRuns: 400, seed: 2 });
    const noticed = given.filter((one) => {
      const kept = new Set<string>(planOf({ ...one, facts: [] }).kept.map(({ path }) => path));
      const slim: FileSystem = { tree: one.tree, has: (path) => kept.has(path) };
      return JSON.stringify(answers(slim, one)) !== JSON.stringify(answers(fat(one), one));
    });
    expect(noticed.length).toBeGreaterThan(20);
  });

  it('keeps with every path its parents, the links on the way and what links lead to', () => {
    fc.assert(
      fc.property(aCase, (given) => {
        const kept = new Set<string>(planOf(given).kept.map(({ path }) => path));
        const slim: FileSystem = { tree: given.tree, has: (path) => kept.has(path) };
        for (const path of kept) {
          expect(kept).toContain(path.slice(0, path.lastIndexOf('/')) || '/');
          expect(walk(slim, path)).toBe(walk(fat(given), path));
        }
      }),
      { numRuns: 200 },
    );
  });
});
