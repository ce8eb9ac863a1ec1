import { describe, expect, test } from 'vitest';
import type { Rights } from './privileged-call.ts';
import { collectSignalUses, type Presence } from './signal-uses.ts';

const kill = 1n << 5n;
const rights = (user: number, capabilities = 0n, real = user, saved = user): Rights => ({
  ...{ uids: [real, user, saved], gids: [0, 0, 0], groups: [], capabilities },
});
const root = rights(0, kill);

function needed(...presences: readonly (readonly [pid: number, timeNs: number, rights: Rights])[]): string[] {
  const signals = collectSignalUses();
  for (const [pid, time, held] of presences) {
    const presence: Presence = {
      ...{ pid, timeNs: BigInt(time), rights: held },
      place: { process: pid, phase: 'start-up' },
    };
    signals.add(presence);
  }
  return signals.uses().map((use) => `${use.certainty} ${use.capability} ${use.process}: ${use.why}`);
}

describe('the right to signal others', () => {
  test('may be needed by who has it beside a process of another user', () => {
    expect(needed([1, 0, root], [2, 1, rights(33)])).toEqual([
      'likely CAP_KILL 1: user 0 beside processes of user 33',
    ]);
  });

  test('is not needed among processes of one user, nor by who does not have it', () => {
    expect(needed()).toEqual([]);
    expect(needed([1, 0, root], [2, 1, root], [3, 2, rights(0)])).toEqual([]);
    expect(needed([1, 0, rights(0)], [2, 1, rights(33)])).toEqual([]);
  });

  test('is not needed for a process whose real or saved user is the own one', () => {
    expect(needed([1, 0, root], [2, 1, rights(33, 0n, 0)])).toEqual([]);
    expect(needed([1, 0, root], [2, 1, rights(33, 0n, 33, 0)])).toEqual([]);
    expect(needed([1, 0, root], [2, 1, rights(0, 0n, 33, 33)])).toHaveLength(1);
  });

  test('is not needed by a process that became the other user before there was one', () => {
    expect(needed([1, 0, root], [1, 5, rights(33)], [2, 6, rights(33)])).toEqual([]);
    expect(needed([1, 0, root], [2, 4, rights(33)], [1, 5, rights(33)])).toHaveLength(1);
  });

  test('may be needed by one that goes on as it was while its child becomes another user', () => {
    expect(needed([1, 0, root], [2, 3, root], [2, 4, rights(33)])).toHaveLength(1);
    expect(needed([2, 0, root], [1, 1, root], [2, 4, rights(33)], [1, 5, rights(33)])).toHaveLength(1);
  });
});
