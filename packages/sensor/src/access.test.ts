import { describe, expect, it } from 'vitest';
import { accessOf } from './access.ts';
import type { SyscallArch } from './record.ts';
import { syscallNumber } from './syscall-name.ts';

function access(name: string, flags = 0, arch: SyscallArch = 'x86_64'): string {
  const syscall = syscallNumber(arch, name);
  if (syscall === undefined) throw new Error(`${arch} has no ${name}`);
  const path = new Uint8Array([0x2f]);
  return accessOf({
    kind: 'path',
    exec: 1,
    pid: 1,
    timeNs: 0n,
    arch,
    syscall,
    flags,
    existed: 'yes',
    mode: 0o100644,
    uid: 0,
    gid: 0,
    path,
  });
}

describe('accessOf', () => {
  it.each([
    ['a plain open', 'openat', 0o2000000, 'read'],
    ['opening to write', 'openat', 0o1, 'write'],
    ['opening to read and write', 'open', 0o2, 'write'],
    ['opening read-only but truncating', 'open', 0o1000, 'write'],
    ['creating', 'openat2', 0o101, 'create'],
    ['an unnamed temporary file', 'openat', 0o20200002, 'create'],
    ['a directory', 'openat', 0o2204000, 'list'],
    ['a path only', 'openat', 0o10200000, 'stat'],
  ])('says what %s does', (_, name, flags, expected) => {
    expect(access(name, flags)).toBe(expected);
  });

  it('knows that O_DIRECTORY has another value on arm', () => {
    expect(access('openat', 0o40000, 'aarch64')).toBe('list');
    expect(access('openat', 0o200000, 'arm')).toBe('read');
    expect(access('open', 0o200000, 'i386')).toBe('list');
  });

  it.each([
    ['execve', 'execute'],
    ['statx', 'stat'],
    ['access', 'stat'],
    ['readlinkat', 'readlink'],
    ['chdir', 'enter'],
    ['renameat2', 'change'],
    ['unlinkat', 'remove'],
    ['mkdir', 'create'],
    ['connect', 'connect'],
    ['bind', 'bind'],
    ['getpid', 'stat'],
  ])('says what %s does', (name, expected) => {
    expect(access(name)).toBe(expected);
  });

  it('has a word of its own for every call that native/calls.def lists', async () => {
    const { readFileSync } = await import('node:fs');
    const source = readFileSync(new URL('../native/calls.def', import.meta.url), 'utf8');
    const table = readFileSync(new URL('./access.ts', import.meta.url), 'utf8');
    const names = [...source.matchAll(/^(?:LOOK1|PATH[12])\((\w+),/gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(table))).toEqual([]);
  });
});
