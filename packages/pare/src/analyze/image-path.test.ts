import type { ImagePath } from '@pare/oci';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ancestors, extensionOf, joinPath } from './image-path.ts';

const at = (path: string) => path as ImagePath;

test.each([
  ['/', 'a/b', '/a/b'],
  ['/x', 'a', '/x/a'],
  ['/x', '/a', '/a'],
  ['/x', '', '/x'],
  ['/x/y', '../a', '/x/a'],
  ['/x', '../../../a', '/a'],
  ['/x', './a//b/./c/', '/x/a/b/c'],
  ['/x', '/', '/'],
  ['/x', '/a/..', '/'],
  ['/x', '.a/..b/...', '/x/.a/..b/...'],
])('joins %j and %j to %j', (base, relative, joined) => {
  expect(joinPath(at(base), relative)).toBe(joined);
});

test('what is joined is normal, whatever is joined', () => {
  const relative = fc
    .array(fc.constantFrom('/', '.', '..', 'a', '', '\0', ' '))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(relative, (text) => {
      const joined = joinPath(at('/x/y'), text);
      expect(joined).toMatch(/^\//);
      expect(
        joined === '/' ||
          joined
            .slice(1)
            .split('/')
            .every((segment) => !['', '.', '..'].includes(segment)),
      ).toBe(true);
    }),
  );
});

test('tells the directories above a path and its extension', () => {
  expect([...ancestors(at('/a/b/c'))]).toEqual(['/a/b', '/a', '/']);
  expect(['/a/b.JS', '/a/.bashrc', '/a.b/c', 'x.tar.gz'].map(extensionOf)).toEqual(['.js', '', '', '.gz']);
});
