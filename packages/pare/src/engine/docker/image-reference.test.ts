import { describe, expect, it } from 'vitest';
import { imagePath, parseTag } from './image-reference.ts';

describe('imagePath', () => {
  it.each([
    ['name', '/images/name'],
    ['host:5000/a/b:tag', '/images/host%3A5000/a/b%3Atag'],
    [`a@sha256:${'0'.repeat(64)}`, `/images/a%40sha256%3A${'0'.repeat(64)}`],
  ])('places %s', (reference, path) => {
    expect(imagePath(reference)).toBe(path);
  });

  it.each([
    '',
    ' ',
    'a b',
    '../containers',
    'a/../b',
    'a//b',
    '/a',
    'a?all=1',
    'a#b',
    'a%2f',
    'ä',
    '-a',
    'a'.repeat(5000),
  ])('takes %j for no image', (reference) => {
    expect(() => imagePath(reference)).toThrow(expect.objectContaining({ code: 'image-not-found' }));
  });
});

describe('parseTag', () => {
  it.each([
    ['name', 'name', 'latest'],
    ['a/b:1.2', 'a/b', '1.2'],
    ['host:5000/a', 'host:5000/a', 'latest'],
    ['host:5000/a:t', 'host:5000/a', 't'],
  ])('splits %s', (reference, repository, tag) => {
    expect(parseTag(reference)).toEqual({ repository, tag });
  });

  it.each(['', 'a:', ':t', `a@sha256:${'0'.repeat(64)}`, 'a:b:c', 'a:.x', 'a b'])(
    'refuses %j',
    (reference) => {
      expect(() => parseTag(reference)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});
