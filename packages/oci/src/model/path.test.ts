import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName } from './name.ts';
import { OciError } from './oci-error.ts';
import {
  baseName,
  comparePaths,
  imagePathBytes,
  isBelow,
  isDirectlyBelow,
  joinImagePath,
  parentOf,
  parseImagePath,
  sortPaths,
} from './path.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof OciError ? error.code : String(error);
  }
  return 'no error';
};

describe('parseImagePath', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['.', '/'],
    ['./', '/'],
    ['etc/passwd', '/etc/passwd'],
    ['./etc/passwd', '/etc/passwd'],
    ['/etc/', '/etc'],
    ['//etc//./passwd//', '/etc/passwd'],
    ['.hidden/..data', '/.hidden/..data'],
    ['...', '/...'],
  ])('reads %j as %s', (name, path) => {
    expect(parseImagePath(name)).toBe(path);
  });

  it.each(['..', '../etc', 'a/../b', '/..', 'a/..', './..', './../a', '../', 'a\0b', '\0'])(
    'refuses %j',
    (name) => {
      expect(code(() => parseImagePath(name))).toBe('hostile');
    },
  );

  it('takes a segment of 255 bytes and refuses one of 256, counted as UTF-8', () => {
    expect(parseImagePath('a'.repeat(255))).toHaveLength(256);
    expect(code(() => parseImagePath('a'.repeat(256)))).toBe('hostile');
    expect(parseImagePath('é'.repeat(127))).toHaveLength(128);
    expect(code(() => parseImagePath('é'.repeat(128)))).toBe('hostile');
  });

  it('takes a path of 4096 bytes and refuses a longer one', () => {
    const path = 'a/'.repeat(2047);
    expect(parseImagePath(`${path}a`)).toHaveLength(4096);
    expect(code(() => parseImagePath(`${path}ab`))).toBe('hostile');
  });

  it('keeps names that are no UTF-8 apart and gives their bytes back', () => {
    const path = parseImagePath(bytes('etc/\xff\xfe'));
    expect(path).toBe('/etc/\udcff\udcfe');
    expect(Buffer.from(imagePathBytes(path)).toString('latin1')).toBe('/etc/\xff\xfe');
  });

  it('gives a name the same spelling however its bytes were escaped', () => {
    expect(parseImagePath('\udcc3\udca9')).toBe('/é');
  });

  it('gives back every name of bytes that a file system can hold', () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .filter((raw) => !raw.some((byte) => byte === 0 || byte === 0x2f));
    fc.assert(
      fc.property(name, (raw) => {
        fc.pre(!['.', '..'].includes(Buffer.from(raw).toString('latin1')));
        const path = parseImagePath(raw);
        expect(Buffer.from(imagePathBytes(path)).subarray(1)).toEqual(Buffer.from(raw));
        expect(parseImagePath(path)).toBe(path);
      }),
    );
  });
});

describe('decodeName', () => {
  it('escapes surrogates and overlong forms byte by byte', () => {
    expect(decodeName(bytes('\xed\xa0\x80'))).toBe('\udced\udca0\udc80');
    expect(decodeName(bytes('a\xc0\xafb'))).toBe('a\udcc0\udcafb');
  });

  it('round-trips any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (raw) => {
        expect(Buffer.from(encodeName(decodeName(raw)))).toEqual(Buffer.from(raw));
      }),
    );
  });

  it('refuses to encode surrogates that stand for no byte', () => {
    expect(code(() => encodeName('a\ud800b'))).toBe('hostile');
    expect(code(() => encodeName('\udc01'))).toBe('hostile');
  });
});

describe('path arithmetic', () => {
  const path = parseImagePath;

  it('finds parent and base name', () => {
    expect([parentOf(path('/a/b')), parentOf(path('/a')), parentOf(path('/'))]).toEqual(['/a', '/', '/']);
    expect([baseName(path('/a/b')), baseName(path('/'))]).toEqual(['b', '']);
  });

  it('knows what is below a directory', () => {
    expect(isBelow(path('/a/b'), path('/a'))).toBe(true);
    expect(isBelow(path('/ab'), path('/a'))).toBe(false);
    expect(isBelow(path('/a'), path('/a'))).toBe(false);
    expect(isBelow(path('/a'), path('/'))).toBe(true);
    expect(isBelow(path('/'), path('/'))).toBe(false);
  });

  it('tells what is directly in a directory by its text', () => {
    const segments = fc.array(fc.constantFrom('a', 'b', 'ab', 'a-b'), { maxLength: 3 });
    const anyPath = segments.map((parts) => path(`/${parts.join('/')}`));
    fc.assert(
      fc.property(anyPath, anyPath, (one, directory) => {
        expect(isDirectlyBelow(one, directory)).toBe(parentOf(one) === directory);
      }),
      { numRuns: 500 },
    );
  });

  it('sorts as it compares, and tells the order', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '-', '/', 'é', '\uffff', '\udcff', '\u{10000}') });
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const paths = names.map((each) => path(each));
        const sorted = [...paths];
        const isBefore = sortPaths(sorted);
        expect(sorted).toEqual(paths.toSorted(comparePaths));
        for (const [at, each] of sorted.entries())
          for (const later of sorted.slice(at)) expect(isBefore(each, later)).toBe(each !== later);
      }),
    );
  });

  it.each([
    ['/usr/lib', '../bin/x', '/usr/bin/x'],
    ['/usr/lib', '/bin/x', '/bin/x'],
    ['/usr', '../../../x', '/x'],
    ['/', 'x/./y/', '/x/y'],
    ['/usr', '', '/usr'],
  ])('joins %s and %j to %s', (directory, relative, joined) => {
    expect(joinImagePath(path(directory), relative)).toBe(joined);
  });

  it('orders by bytes, parents before children', () => {
    const names = ['/b', '/a/c', '/a', '/a-b', '/', '/\udcff', '/\u{10000}', '/\uffff', '/é'];
    const sorted = names.map((name) => path(name)).sort(comparePaths);
    expect(sorted).toEqual(['/', '/a', '/a-b', '/a/c', '/b', '/é', '/\uffff', '/\u{10000}', '/\udcff']);
  });

  it('orders as the bytes do', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 8 })
      .filter((text) => !/[\0/.]/.test(text));
    fc.assert(
      fc.property(name, name, (left, right) => {
        const [a, b] = [path(left), path(right)];
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(imagePathBytes(a), imagePathBytes(b)));
      }),
    );
  });
});
