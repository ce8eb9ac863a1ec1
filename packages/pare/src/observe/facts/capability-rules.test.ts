import { describe, expect, test } from 'vitest';
import { neededByCall } from './capability-rules.ts';
import type { PrivilegedCall, Rights } from './privileged-call.ts';

const root: Rights = { uids: [0, 0, 0], gids: [0, 0, 0], groups: [0], capabilities: 2n ** 41n - 1n };
const worker: Rights = { uids: [33, 33, 33], gids: [33, 33, 33], groups: [33, 4], capabilities: 0n };
const leave = 0xffffffffn;

function needs(
  name: string,
  args: readonly bigint[] | Readonly<Record<number, bigint>> = [],
  more: Partial<PrivilegedCall> = {},
): string | undefined {
  const map = new Map(Object.entries(args).map(([index, value]) => [Number(index), value]));
  const need = neededByCall({ name, args: map, rights: root, file: undefined, ...more });
  return need === undefined ? undefined : `${need.certainty} ${need.capability}`;
}

const file = (uid: number, gid = uid) => ({ mode: 0o100644, uid, gid });

describe('changing the owner of a file', () => {
  test.each([
    ['to another user', { 1: 33n, 2: leave }, file(0), 'certain CAP_CHOWN'],
    ['to its owner by its owner', { 1: 0n, 2: leave }, file(0), undefined],
    ['to its owner by another', { 1: 33n, 2: leave }, file(33), 'certain CAP_CHOWN'],
    ['to an own group', { 1: leave, 2: 0n }, file(0, 5), undefined],
    ['to a foreign group', { 1: leave, 2: 33n }, file(0), 'certain CAP_CHOWN'],
    ['not at all', { 1: leave, 2: leave }, file(33), undefined],
    ['by a descriptor', { 1: 33n, 2: 33n }, undefined, 'likely CAP_CHOWN'],
  ])('%s', (_, args, found, expected) => {
    expect(needs('lchown', args, { file: found })).toBe(expected);
    const shifted = Object.fromEntries(
      Object.entries(args).map(([index, value]) => [Number(index) + 1, value]),
    );
    expect(needs('fchownat', shifted, { file: found })).toBe(expected);
  });
});

describe('changing the mode of a file', () => {
  test('needs FOWNER for a foreign one and FSETID for the group bit of a foreign group', () => {
    expect(needs('chmod', { 1: 0o644n }, { file: file(33) })).toBe('certain CAP_FOWNER');
    expect(needs('chmod', { 1: 0o644n }, { file: file(0) })).toBeUndefined();
    expect(needs('fchmodat', { 2: 0o2755n }, { file: file(0, 33) })).toBe('certain CAP_FSETID');
    expect(needs('fchmodat', { 2: 0o2755n }, { file: file(0) })).toBeUndefined();
    expect(needs('chmod', { 1: 0o644n })).toBeUndefined();
  });
});

describe('values that say what a call is for', () => {
  test.each([
    ['prctl', 24n, 'certain CAP_SETPCAP'],
    ['prctl', 28n, 'certain CAP_SETPCAP'],
    ['prctl', 15n, undefined],
  ])('%s(%d) needs %s', (name, option, expected) => {
    expect(needs(name, [option])).toBe(expected);
  });

  test('an ioctl that changes an interface or makes a tunnel is likely to need NET_ADMIN, one that asks is not', () => {
    expect(needs('ioctl', { 1: 0x8914n })).toBe('likely CAP_NET_ADMIN');
    expect(needs('ioctl', { 1: 0x4004_54can })).toBe('likely CAP_NET_ADMIN');
    expect(needs('ioctl', { 1: 0x8913n })).toBeUndefined();
  });
});

describe('what the memory says that an argument points at', () => {
  test.each([
    ['a hard limit above the present one', 'prlimit64', { 6: 4096n, 7: 1024n }, 'certain CAP_SYS_RESOURCE'],
    ['a hard limit taken away', 'setrlimit', { 6: 2n ** 64n - 1n, 7: 1024n }, 'certain CAP_SYS_RESOURCE'],
    ['the same hard limit', 'setrlimit', { 6: 1024n, 7: 1024n }, undefined],
    ['a lower hard limit', 'prlimit64', { 6: 10n, 7: 2n ** 64n - 1n }, undefined],
    ['a hard limit above one that is not known', 'prlimit64', { 6: 10n }, 'likely CAP_SYS_RESOURCE'],
    ['limits that could not be read', 'prlimit64', { 0: 0n, 1: 7n }, undefined],
    ['the capabilities of a file', 'lsetxattr', { 6: 1n }, 'certain CAP_SETFCAP'],
    ['the capabilities of a file, taken away', 'removexattrat', { 6: 1n }, 'certain CAP_SETFCAP'],
    ['a security attribute', 'fsetxattr', { 6: 2n }, 'certain CAP_SYS_ADMIN'],
    ['a trusted attribute', 'setxattr', { 6: 3n }, 'certain CAP_SYS_ADMIN'],
    ['an access control list', 'setxattr', { 6: 4n }, undefined],
    ["an attribute of the user's own", 'setxattrat', { 6: 0n }, undefined],
    ['an attribute whose name could not be read', 'setxattr', {}, undefined],
    ['a new route', 'sendto', { 6: 24n, 7: 0n }, 'certain CAP_NET_ADMIN'],
    ['a question for addresses', 'sendto', { 6: 22n, 7: 0n }, undefined],
    ['an interface that is changed', 'sendto', { 6: 19n, 7: 0n }, 'certain CAP_NET_ADMIN'],
    ['a question to the packet filter', 'sendto', { 6: 0xa01n, 7: 12n }, 'certain CAP_NET_ADMIN'],
    ['a question for families of generic netlink', 'sendto', { 6: 16n, 7: 16n }, undefined],
    ['a message of an unknown protocol', 'sendto', { 6: 24n }, undefined],
    ['the end of a dump', 'sendto', { 6: 3n, 7: 0n }, undefined],
    ['a mark of a socket', 'setsockopt', { 1: 1n, 2: 36n }, 'likely CAP_NET_ADMIN'],
    ['a new packet filter', 'setsockopt', { 1: 0n, 2: 64n }, 'certain CAP_NET_ADMIN'],
    ['a socket for routes', 'socket', { 0: 16n, 1: 3n, 2: 0n }, 'likely CAP_NET_ADMIN'],
    ['a socket for events of devices', 'socket', { 0: 16n, 1: 3n, 2: 15n }, undefined],
  ])('%s: %s', (_, name, args: Readonly<Record<number, bigint>>, expected) => {
    expect(needs(name, args)).toBe(expected);
  });
});

describe('changing the user', () => {
  test('needs SETUID only for one that the process does not have', () => {
    expect(needs('setuid', [33n])).toBe('certain CAP_SETUID');
    expect(needs('setuid', [0n])).toBeUndefined();
    expect(needs('setresuid', [leave, 33n, leave])).toBe('certain CAP_SETUID');
    expect(needs('setresuid', [leave, leave, leave])).toBeUndefined();
    expect(needs('setreuid', [33n, 33n], { rights: worker })).toBeUndefined();
    expect(needs('setuid32', [33n])).toBe('certain CAP_SETUID');
    const saved: Rights = { ...root, uids: [0, 0, 33] };
    expect(needs('setuid', [33n], { rights: saved })).toBeUndefined();
    // The real user may be taken from the real and the effective one only.
    expect(needs('setreuid', [33n, leave], { rights: saved })).toBe('certain CAP_SETUID');
  });

  test('needs SETGID for groups', () => {
    expect(needs('setgid', [33n])).toBe('certain CAP_SETGID');
    expect(needs('setresgid', [0n, 0n, 0n])).toBeUndefined();
    expect(needs('setgroups', [0n])).toBe('certain CAP_SETGID');
  });
});

describe('other calls', () => {
  test.each([
    ['chroot', [], 'certain CAP_SYS_CHROOT'],
    ['mount', { 3: 0n }, 'certain CAP_SYS_ADMIN'],
    ['unshare', [0x20000n], 'certain CAP_SYS_ADMIN'],
    ['unshare', [0x10020000n], undefined],
    ['unshare', [0x400n], undefined],
    ['clone', [0x11n], undefined],
    ['mknod', { 1: 0o020666n }, 'certain CAP_MKNOD'],
    ['mknodat', { 2: 0o010666n }, undefined],
    ['socket', [17n, 3n, 0n], 'certain CAP_NET_RAW'],
    ['socket', [2n, 0x80003n, 1n], 'certain CAP_NET_RAW'],
    ['socket', [2n, 0x80001n, 0n], undefined],
    ['socket', [16n, 3n, 0n], 'likely CAP_NET_ADMIN'],
    ['setpriority', [0n, 0n, 0xfffffff6n], 'likely CAP_SYS_NICE'],
    ['setpriority', [0n, 0n, 10n], undefined],
    ['ptrace', [0n], undefined],
    ['ptrace', [16n], 'likely CAP_SYS_PTRACE'],
    ['getpid', [], undefined],
  ])('%s (case %#)', (name, args, expected) => {
    expect(needs(name, args)).toBe(expected);
  });
});
