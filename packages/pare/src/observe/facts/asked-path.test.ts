import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAskedPath } from './asked-path.ts';

const parse = (text: string) => parseAskedPath(new TextEncoder().encode(text));

test('drops empty segments, dots and a trailing slash', () => {
  expect(parse('//usr/./lib//x/')).toEqual({ path: '/usr/lib/x', asked: undefined, walked: [] });
});

test('resolves .. by the text, and says what was asked and walked through', () => {
  expect(parse('/usr/lib/gcc/12/../../x/./crt1.o')).toEqual({
    path: '/usr/lib/x/crt1.o',
    asked: '/usr/lib/gcc/12/../../x/crt1.o',
    walked: ['/usr/lib/gcc/12', '/usr/lib/gcc'],
  });
});

test('stays at the root however often .. is asked for', () => {
  expect(parse('/../../etc/passwd')).toEqual({ path: '/etc/passwd', asked: '/../../etc/passwd', walked: [] });
  expect(parse('/..')).toMatchObject({ path: '/' });
});

test.each(['/proc/self/maps', '/sys', '/dev/null', '/.pare/record', '/dev/.pare/sensor', '/usr/../proc/1'])(
  'leaves out %s',
  (path) => {
    expect(parse(path)).toBeUndefined();
  },
);

test.each(['/process', '/device', '/system/x'])('keeps %s', (path) => {
  expect(parse(path)?.path).toBe(path);
});

test.each(['', 'relative', '/nul\0byte'])('takes %j for no path', (path) => {
  expect(parse(path)).toBeUndefined();
});

test('keeps bytes that are not UTF-8', () => {
  expect(parseAskedPath(Uint8Array.of(0x2f, 0xff))?.path).toBe('/\udcff');
});

test('gives a normalised path for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const path = parseAskedPath(Uint8Array.of(0x2f, ...bytes))?.path;
      if (path !== undefined) expect(path === '/' || /^(\/[^/]+)+$/s.test(path)).toBe(true);
      expect(path?.split('/').some((segment) => segment === '.' || segment === '..')).not.toBe(true);
    }),
  );
});
