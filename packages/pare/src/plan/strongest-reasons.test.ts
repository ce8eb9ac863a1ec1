import type { ImagePath } from '@pare/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeepReason } from '../model/keep-reason.ts';
import { strongestReasons } from './strongest-reasons.ts';

const of = fc.constantFrom<ImagePath>(
  ...(['/a', '/a b', '/a"', '/a-b', '/a\ud83d', '/b'] as readonly string[] as readonly ImagePath[]),
);
const kinds = ['shebang', 'shell', 'hardlink-peer', 'parent-directory'] as const;
const reason: fc.Arbitrary<KeepReason> = fc.oneof(
  fc.tuple(fc.constantFrom(...kinds), of).map(([kind, path]) => ({ kind, of: path })),
  fc.constantFrom<KeepReason>({ kind: 'application-file' }, { kind: 'directory-skeleton' }),
  fc.tuple(fc.constantFrom('script-command', 'named-in-settings'), of).map(
    ([kind, path]): KeepReason =>
      // These two have the same rank.
      kind === 'script-command' ? { kind, of: path, command: 'x' } : { kind, of: path, name: 'x' },
  ),
);

/** The ranks of the reasons above, strongest first. */
const order = ['application-file', 'shebang', 'names', 'shell', 'hardlink-peer', 'directory-skeleton'];

function rankOf({ kind }: KeepReason): number {
  return order.indexOf(kind === 'script-command' || kind === 'named-in-settings' ? 'names' : kind);
}

describe('the strongest reasons of a path', () => {
  it('are the first four that are no parent, by rank and then by their text', () => {
    fc.assert(
      fc.property(fc.array(reason, { minLength: 1, maxLength: 12 }), (reasons) => {
        const better = reasons.filter(({ kind }) => kind !== 'parent-directory');
        const all = better.length === 0 ? reasons : better;
        const byText = new Map(all.map((each) => [JSON.stringify(each), each]));
        const sorted = [...byText].sort(
          ([textA, a], [textB, b]) => rankOf(a) - rankOf(b) || (textA < textB ? -1 : 1),
        );
        const expected = sorted.slice(0, better.length === 0 ? 1 : 4).map(([, each]) => each);
        expect(strongestReasons(reasons)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
