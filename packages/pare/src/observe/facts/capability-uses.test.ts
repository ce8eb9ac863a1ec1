import { type SensorRecord, syscallNumber } from '@pare/sensor';
import { describe, expect, test } from 'vitest';
import { collectCapabilityUses } from './capability-uses.ts';

type RecordOf<K extends SensorRecord['kind']> = Extract<SensorRecord, { kind: K }>;

const place = { process: 3, phase: 'serving' } as const;
const bytes = (text: string) => new TextEncoder().encode(text);
const numberOf = (name: string) => syscallNumber('x86_64', name) ?? -1;
const at = { exec: 1, pid: 7, timeNs: 1n, arch: 'x86_64' } as const;

const rights = (more: Partial<RecordOf<'rights'>> = {}): RecordOf<'rights'> => ({
  ...{ kind: 'rights', exec: 1, pid: 7, timeNs: 0n, uids: [0, 0, 0], gids: [0, 0, 0] },
  ...{ groups: [0], capabilities: 0xa80425fbn },
  ...more,
});
const path = (name: string, text: string, more: Partial<RecordOf<'path'>> = {}): RecordOf<'path'> => ({
  ...{
    kind: 'path',
    ...at,
    syscall: numberOf(name),
    flags: 0,
    existed: 'yes',
    mode: 0o100644,
    uid: 0,
    gid: 0,
  },
  path: bytes(text),
  ...more,
});
const call = (name: string, args: readonly [number, bigint][]): RecordOf<'call'> => ({
  ...{ kind: 'call', ...at, syscall: numberOf(name) },
  args: new Map(args),
});
const bind = (port: number): RecordOf<'socket'> => ({
  ...{ kind: 'socket', operation: 'bind', exec: 1, pid: 7, timeNs: 1n, family: 2, port },
  address: Uint8Array.of(0, 0, 0, 0),
});

function needed(
  records: readonly SensorRecord[],
  firstFreePort = 1024,
  line: readonly number[] = [],
): string[] {
  const uses = collectCapabilityUses(
    () => firstFreePort,
    () => line,
    { add: () => undefined },
  );
  for (const record of records) {
    if (record.kind === 'rights') uses.rights(record, place);
    if (record.kind === 'path' || record.kind === 'call' || record.kind === 'socket') uses.add(record, place);
  }
  return uses.uses().map((use) => `${use.certainty} ${use.capability}: ${use.why}`);
}

describe('collectCapabilityUses', () => {
  test('joins a call with the file that its path frame found', () => {
    const chown = call('chown', [
      [1, 33n],
      [2, 33n],
    ]);
    expect(needed([rights(), chown, path('chown', '/srv/data')])).toEqual([
      'certain CAP_CHOWN: chown(33, 33) on /srv/data',
    ]);
    expect(needed([rights(), chown, path('chown', '/srv/data', { uid: 33, gid: 33 })])).toHaveLength(1);
    expect(needed([rights({ capabilities: 0n }), chown, path('chown', '/srv/data')])).toEqual([]);
  });

  test('finds what a file refuses to its reader but for the capability', () => {
    const secret = path('openat', '/etc/secret', { mode: 0o100600, uid: 5 });
    expect(needed([rights(), secret])).toEqual(['certain CAP_DAC_OVERRIDE: openat /etc/secret']);
    expect(needed([rights(), { ...secret, uid: 0 }])).toEqual([]);
    expect(needed([rights({ groups: [9] }), { ...secret, mode: 0o100640, gid: 9 }])).toEqual([]);
    expect(needed([rights({ groups: [9] }), { ...secret, mode: 0o100604, gid: 9 }])).toHaveLength(1);
    expect(needed([rights(), { ...secret, existed: 'no' }])).toEqual([]);
    expect(needed([rights(), { ...secret, mode: 0o120777 }])).toEqual([]);
    expect(needed([rights(), { ...secret, syscall: numberOf('lstat') }])).toEqual([]);
  });

  test('is certain of a low port only where the network asks for the capability', () => {
    expect(needed([rights(), bind(80)])).toEqual(['certain CAP_NET_BIND_SERVICE: bind 0.0.0.0:80']);
    expect(needed([rights(), bind(80)], 0)).toEqual(['likely CAP_NET_BIND_SERVICE: bind 0.0.0.0:80']);
    expect(needed([rights(), bind(8080)])).toEqual([]);
    expect(needed([rights(), bind(0)])).toEqual([]);
  });

  test('gives a process the rights of the one that led to its program', () => {
    const setuid = call('setuid', [[0, 33n]]);
    expect(needed([rights({ pid: 1 }), setuid])).toEqual([]);
    expect(needed([rights({ pid: 1 }), setuid], 0, [9, 1])).toEqual(['certain CAP_SETUID: setuid(33)']);
    // After it, it has no capability left to use.
    const after = rights({ uids: [33, 33, 33], capabilities: 0n });
    expect(needed([rights(), after, setuid])).toEqual([]);
  });

  test('says what was found where arguments point', () => {
    const all = rights({ capabilities: 2n ** 41n - 1n });
    const limit = (asked: bigint) =>
      call('prlimit64', [
        [0, 0n],
        [1, 7n],
        [6, asked],
        [7, 10n],
      ]);
    expect(needed([all, limit(20n)])).toEqual(['certain CAP_SYS_RESOURCE: prlimit64(0, 7) to 20']);
    expect(needed([all, limit(2n ** 64n - 1n)])).toEqual([
      'certain CAP_SYS_RESOURCE: prlimit64(0, 7) to unlimited',
    ]);
    expect(needed([rights(), limit(20n)])).toEqual([]);
    expect(needed([all, call('fsetxattr', [[6, 1n]])])).toEqual([
      'certain CAP_SETFCAP: fsetxattr of security.capability',
    ]);
    const route = call('sendto', [
      [6, 24n],
      [7, 0n],
    ]);
    expect(needed([all, route])).toEqual(['certain CAP_NET_ADMIN: sendto of netlink message 24']);
  });

  test('takes an own priority for the end of memory that is opened to be written for one that is lowered', () => {
    const open = (text: string, flags = 1) => path('openat', text, { flags });
    const all = rights({ capabilities: 2n ** 41n - 1n });
    expect(needed([all, open('/proc/self/oom_score_adj')])).toEqual([
      'likely CAP_SYS_RESOURCE: openat /proc/self/oom_score_adj',
    ]);
    expect(needed([all, open('/proc/12/oom_score_adj', 0), open('/srv/oom_score_adj')])).toEqual([]);
  });

  test('keeps the first call of each capability, or the first that is certain', () => {
    expect(needed([rights(), bind(80), bind(443)])).toEqual([
      'certain CAP_NET_BIND_SERVICE: bind 0.0.0.0:80',
    ]);
    const byDescriptor = call('fchown', [
      [1, 33n],
      [2, 33n],
    ]);
    const named = call('lchown', [
      [1, 33n],
      [2, 33n],
    ]);
    expect(needed([rights(), byDescriptor, named, path('lchown', '/srv')])).toEqual([
      'certain CAP_CHOWN: lchown(33, 33) on /srv',
    ]);
  });
});
