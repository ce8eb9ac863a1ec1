import { expect, test } from 'vitest';
import type { Rights } from './privileged-call.ts';
import { rightsAfter } from './rights-after.ts';

const setUser = 1n << 7n;
const held = (capabilities: bigint, ...uids: [number, number, number]): Rights => ({
  ...{ uids, gids: [0, 0, 0], groups: [0], capabilities },
});

test.each([
  ['setuid', [33n], [33, 33, 33]],
  ['setuid32', [33n], [33, 33, 33]],
  ['setreuid', [33n, 33n], [33, 33, 33]],
  ['setreuid', [0xffffffffn, 33n], [0, 33, 33]],
  ['setreuid', [0xffffffffn, 0xffffffffn], [0, 0, 0]],
  ['setresuid', [0xffffffffn, 33n, 0n], [0, 33, 0]],
])('%s of root, case %#', (name, args, users) => {
  const after = rightsAfter(name, new Map(args.entries()), held(setUser, 0, 0, 0));
  expect(after?.uids).toEqual(users);
  expect(after?.capabilities).toBe(users[1] === 0 ? setUser : 0n);
});

test('nothing else changes a user, and nobody without the capability is taken to succeed', () => {
  expect(rightsAfter('setgid', new Map([[0, 33n]]), held(setUser, 0, 0, 0))).toBeUndefined();
  expect(rightsAfter('setuid', new Map([[0, 33n]]), held(0n, 5, 5, 5))).toBeUndefined();
});
