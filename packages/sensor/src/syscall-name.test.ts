import { describe, expect, it } from 'vitest';
import { assumedSyscalls, syscallName, syscallNumber } from './syscall-name.ts';

describe('syscallName', () => {
  it.each([
    ['x86_64', 0, 'read'],
    ['x86_64', 257, 'openat'],
    ['x86_64', 452, 'fchmodat2'],
    ['i386', 102, 'socketcall'],
    ['i386', 300, 'fstatat64'],
    ['aarch64', 56, 'openat'],
    ['aarch64', 79, 'newfstatat'],
    ['arm', 322, 'openat'],
    ['arm', 983045, 'set_tls'],
  ] as const)('on %s, %d is %s', (arch, number, name) => {
    expect(syscallName(arch, number)).toBe(name);
    expect(syscallNumber(arch, name)).toBe(number);
  });

  it('knows nothing of numbers and names that an architecture does not have', () => {
    expect(syscallName('x86_64', 999_999)).toBeUndefined();
    expect(syscallName('x86_64', -1)).toBeUndefined();
    expect(syscallNumber('aarch64', 'open')).toBeUndefined();
    expect(syscallNumber('x86_64', 'toString')).toBeUndefined();
  });
});

describe('assumedSyscalls', () => {
  it('names only calls of the architecture', () => {
    expect(assumedSyscalls('x86_64')).toContain('epoll_wait');
    expect(assumedSyscalls('x86_64')).not.toContain('mmap2');
    expect(assumedSyscalls('i386')).toContain('mmap2');
    expect(assumedSyscalls('aarch64')).not.toContain('fork');
  });
});
