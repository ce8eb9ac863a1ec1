import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveUser } from './application-user.ts';
import { PareError } from './pare-error.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
# a comment
broken line
app:x:1000:100:App:/home/app:/bin/sh
second:x:1000:200::/home/second:/bin/sh
2000:x:3000:3000::/home/number:/bin/sh
nohome:x:1500:1500:::/bin/sh
`;
const group = 'root:x:0:\nusers:x:100:\nvideo:x:44:app,second\naudio:x:29:app\napp:x:1001:\nbroken\n';

describe('resolveUser', () => {
  test.each([
    ['app', { uid: 1000, gid: 100, groups: [100, 44, 29], home: '/home/app' }],
    ['1000', { uid: 1000, gid: 100, groups: [100, 44, 29], home: '/home/app' }],
    ['second', { uid: 1000, gid: 200, groups: [200, 44], home: '/home/app' }],
    ['app:video', { uid: 1000, gid: 44, groups: [44], home: '/home/app' }],
    ['app:29', { uid: 1000, gid: 29, groups: [29], home: '/home/app' }],
    ['1000:7777', { uid: 1000, gid: 7777, groups: [7777], home: '/home/app' }],
    ['4321', { uid: 4321, gid: 0, groups: [0], home: '/' }],
    ['2000', { uid: 2000, gid: 0, groups: [0], home: '/' }],
    ['nohome', { uid: 1500, gid: 1500, groups: [1500], home: '/' }],
    [':video', { uid: 0, gid: 44, groups: [44], home: '/root' }],
  ])('resolves %s as runc does', (spec, expected) => {
    expect(resolveUser(spec, passwd, group)).toEqual(expected);
  });

  test('resolves numbers without any user database', () => {
    expect(resolveUser('65532:65532', '', '')).toEqual({
      uid: 65532,
      gid: 65532,
      groups: [65532],
      home: '/',
    });
  });

  test.each(['nobody', 'app:nogroup', '99999999999'])('refuses %s with image-invalid', (spec) => {
    expect(() => resolveUser(spec, passwd, group)).toThrow(
      expect.objectContaining({ code: 'image-invalid' }),
    );
  });

  test('gives numbers or a PareError for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (spec, users, groups) => {
        try {
          const user = resolveUser(spec, users, groups);
          expect([user.uid, user.gid, ...user.groups].every((id) => Number.isInteger(id) && id >= 0)).toBe(
            true,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
        }
      }),
    );
  });
});
