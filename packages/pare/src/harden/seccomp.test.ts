import { ubiquitousCalls } from '@pare/sensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Account, SyscallUse } from '../model/observation.ts';
import { dockerDefaultCalls } from './docker-default.ts';
import { seccompProfile } from './seccomp.ts';

const account: Account = { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] };
const calls = (names: readonly string[], arch: SyscallUse['arch'] = 'x86_64'): readonly SyscallUse[] =>
  names.map((name) => ({ arch, name, phase: 'serving' }));
const profileFor = (syscalls: readonly SyscallUse[], changes: Partial<Account> = {}) =>
  seccompProfile({
    observation: { syscalls, account: { ...account, ...changes } },
    assumedSyscalls: ubiquitousCalls,
  });

test('allows what was seen, its equivalents and what a runtime needs, and nothing that nobody asked for', () => {
  const { allowed } = profileFor(calls(['mkdir', 'epoll_create']));
  expect(allowed).toEqual(
    expect.arrayContaining(['mkdir', 'mkdirat', 'epoll_create1', 'capset', 'fstatfs', 'setgroups']),
  );
  for (const absent of ['ptrace', 'chroot', 'mknod', 'shmget', 'symlinkat', 'add_key'])
    expect(allowed).not.toContain(absent);
});

test('answers clone3 and io_uring with ENOSYS so that callers fall back', () => {
  const { profile } = profileFor(calls(['openat']));
  const missing = profile.syscalls.find((rule) => rule.action === 'SCMP_ACT_ERRNO');
  expect(missing?.errnoRet).toBe(38);
  expect(missing?.names).toEqual(expect.arrayContaining(['clone3', 'io_uring_setup', 'pidfd_open']));
  expect(profile.defaultErrnoRet).toBe(1);
});

test('lets no call create a namespace or reach vsock', () => {
  const { profile } = profileFor(calls(['socket', 'personality']));
  const rulesOf = (name: string) => profile.syscalls.filter((rule) => rule.names.includes(name));
  expect(rulesOf('clone')).toEqual([
    {
      names: ['clone'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    },
  ]);
  expect(rulesOf('socket').map((rule) => rule.args)).toEqual([[{ index: 0, value: 40, op: 'SCMP_CMP_NE' }]]);
  expect(rulesOf('personality')).toHaveLength(5);
});

test('refuses what Docker refuses although the application called it, and says so', () => {
  const { allowed, refused } = profileFor(calls(['mount', 'unshare', 'openat']));
  expect(refused).toEqual(['mount', 'unshare']);
  expect(allowed).not.toContain('mount');
});

test('lists an architecture only when it was seen', () => {
  expect(profileFor(calls(['openat'])).profile.archMap).toEqual([
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
  ]);
  expect(profileFor(calls(['openat'])).allowed).not.toContain('mmap2');
  const both = profileFor([...calls(['openat']), ...calls(['openat'], 'i386')]);
  expect(both.profile.archMap).toEqual([
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
  ]);
  expect(both.allowed).toEqual(expect.arrayContaining(['mmap2', 'stat64']));
  expect(profileFor(calls(['openat'], 'aarch64')).profile.archMap).toEqual([
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
  ]);
});

test.each([
  ['a mode that sees no calls', calls(['openat']), { mode: 'fanotify' }],
  ['lost facts', calls(['openat']), { lost: 3 }],
  ['a record that is cut', calls(['openat']), { complete: false }],
  ['no calls at all', [], {}],
] as const)('widens to what Docker allows after %s', (_, syscalls, changes) => {
  const { allowed, widened } = profileFor(syscalls, changes);
  expect(widened).toBeDefined();
  expect(allowed).toEqual(expect.arrayContaining(['ptrace', 'chroot', 'shmget', 'clone']));
  expect(allowed).not.toContain('mount');
});

test('never allows more than Docker does, names nothing twice and is the same for any order', () => {
  const name = fc.oneof(
    fc.constantFrom('openat', 'mount', 'bpf', 'socketcall', 'clone3', '__proto__'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const result = profileFor(calls(names));
      const docker = dockerDefaultCalls(['x86_64']);
      const plain = result.profile.syscalls
        .filter((rule) => rule.args === undefined)
        .flatMap((rule) => rule.names);
      expect(new Set(plain).size).toBe(plain.length);
      if (result.widened === undefined) expect(result.allowed.every((one) => docker.has(one))).toBe(true);
      expect(profileFor(calls([...names].reverse()))).toEqual(result);
    }),
    { numRuns: 50 },
  );
});
