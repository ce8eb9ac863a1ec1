import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { families } from './families/list.ts';
import { matchTables } from './glob-automaton.ts';
import { expandBraces, matchName } from './glob-segments.ts';

/** What a glob means, in the plainest way. */
function expressionOf(glob: string): RegExp {
  const sources = expandBraces(glob).map((plain) =>
    plain
      .replace(/[.+^$()|\\{}]/g, '\\$&')
      .replaceAll('?', '[^/]')
      .replaceAll('[!', '[^/')
      .replaceAll('/**/', '\0')
      .replace(/^\*\*\//, '\u0001')
      .replace(/\/\*\*$/, '\u0002')
      .replaceAll('*', '[^/]*')
      .replaceAll('\0', '/(?:.*/)?')
      .replaceAll('\u0001', '(?:.*/)?')
      .replaceAll('\u0002', '(?:/.*)?'),
  );
  return new RegExp(`^(?:${sources.join('|')})$`, 's');
}

function expected(tables: readonly (readonly string[])[], path: string): readonly number[] {
  return tables.flatMap((globs, table) => (globs.some((glob) => expressionOf(glob).test(path)) ? table : []));
}

const segment = fc.constantFrom(
  ...[
    'a',
    'b.c',
    '.b',
    '**',
    '*',
    'b*',
    '*.c',
    'a*c',
    'b*.*',
    '?',
    '??',
    '[ab]',
    '[!ab]*',
    '[a-c].?',
    'a**',
    'bb*b',
    'bb*b',
  ],
  ...['{a,x}', '{a,*.c}', '{b,}.c', 'a+', '(a)', '$'],
);
const name = fc.constantFrom('a', 'b.c', 'bb', 'x', '.b', 'abc', 'ac', 'a+', '(a)', '$', '', '\n', 'a\nc');

function joined(segments: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.boolean(), fc.array(segments, { minLength: 1, maxLength }))
    .map(([isAbsolute, each]) => `${isAbsolute ? '/' : ''}${each.join('/')}`);
}

// Of `**` beside `**`, and of `**` alone, the plain expression makes something else.
const glob = joined(segment, 4).filter((text) => !text.includes('**/**') && text !== '**');
const tables = fc.array(fc.array(glob, { maxLength: 4 }), { maxLength: 4 });

describe('an automaton of globs', () => {
  it('matches what each of them does as an expression, whatever was asked before', () => {
    fc.assert(
      fc.property(tables, fc.array(joined(name, 6), { maxLength: 12 }), (globs, paths) => {
        const matches = matchTables(globs);
        expect(paths.map(matches)).toEqual(paths.map((path) => expected(globs, path)));
      }),
      { numRuns: 1000 },
    );
  });

  it("matches the families' own globs so, for paths of their own words", () => {
    const globs = families.map(({ triggers, drops = [], runtime = [] }) => [
      ...(triggers === 'always' ? [] : triggers),
      ...drops,
      ...runtime,
    ]);
    const matches = matchTables(globs);
    const plain = globs.map((table) => table.map(expressionOf));
    const words = [...new Set(globs.flat().flatMap(expandBraces).join('/').split('/'))];
    const word = fc.tuple(fc.constantFrom(...words), fc.constantFrom('', 'x', '5')).map(
      // What a pattern may stand for.
      ([text, some]) => text.replaceAll(/\*+|\?/g, some).replaceAll(/\[(?:!|(.))[^\]]*\]/g, '$1'),
    );
    const whole = fc.constantFrom(...globs.flat().flatMap(expandBraces)).chain((text) =>
      fc.array(word, { minLength: 1, maxLength: 3 }).map((some) =>
        text
          .replaceAll('**', some.join('/'))
          .replaceAll('*', some[0] ?? '')
          .replaceAll(/\[(?:!|(.))[^\]]*\]/g, '$1'),
      ),
    );
    const path = fc.oneof(
      whole,
      fc.array(word, { minLength: 1, maxLength: 6 }).map((each) => `/${each.join('/')}`),
    );
    fc.assert(
      fc.property(path, (text) => {
        expect(matches(text)).toEqual(
          plain.flatMap((table, place) => (table.some((each) => each.test(text)) ? place : [])),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('takes `**` beside `**`, and alone, for any number of directories', () => {
    const matches = matchTables([['/a/**/**/b'], ['**']]);
    expect(['/a/b', '/a/x/b', '/a/x/y/b', '/a'].map(matches)).toEqual([[0, 1], [0, 1], [0, 1], [1]]);
  });

  it('takes a bracket that is not closed for itself', () => {
    expect(['a[b', 'ab', 'a[/]'].map(matchName('a[b'))).toEqual([true, false, false]);
    expect(matchTables([['/a[b/c]']])('/a[b/c]')).toEqual([0]);
  });
});
