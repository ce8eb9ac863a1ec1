import { describe, expect, test } from 'vitest';
import { checkImageName, slimName } from './image-name.ts';

describe('slimName', () => {
  test.each([
    ['my/app', 'my/app.slim'],
    ['my/app:1.2', 'my/app.slim:1.2'],
    ['localhost:5000/app', 'localhost:5000/app.slim'],
    ['localhost:5000/app:v1', 'localhost:5000/app.slim:v1'],
  ])('names the slim image of %s %s', (fat, slim) => {
    expect(slimName(fat, [])).toBe(slim);
  });

  test('takes the first tag of an image that was named by its ID', () => {
    expect(slimName('sha256:0123456789abcdef', ['shop:3', 'shop:latest'])).toBe('shop.slim:3');
  });

  test('refuses an ID without any tag', () => {
    expect(() => slimName('0123456789ab', [])).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('checkImageName', () => {
  test.each(['app', 'my/app:slim', 'localhost:5000/a-b/c_d:v1.0'])('takes %s', (name) => {
    expect(() => checkImageName(name)).not.toThrow();
  });

  test.each(['', 'App', 'a b', 'app:', 'app:slim:two', '/app', 'app@sha256:00', '../app'])(
    'refuses %j',
    (name) => {
      expect(() => checkImageName(name)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});
