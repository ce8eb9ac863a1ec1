import { describe, expect, it } from 'vitest';
import { dockerDefaultProfile } from './default-profile.ts';

const allowed = (capabilities: readonly string[]) =>
  new Set(
    dockerDefaultProfile(capabilities)
      .syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW')
      .flatMap(({ names }) => names),
  );

describe('dockerDefaultProfile', () => {
  it('refuses mounting and tracing across processes to a container with no more than the default capabilities', () => {
    const calls = allowed(['CHOWN', 'SYS_CHROOT']);
    expect(calls.has('read')).toBe(true);
    for (const name of ['mount', 'unshare', 'bpf', 'kcmp', 'reboot']) expect(calls.has(name)).toBe(false);
  });

  it('grants what a capability is for with the capability', () => {
    const calls = allowed(['SYS_ADMIN', 'SYS_PTRACE']);
    for (const name of ['mount', 'unshare', 'clone3', 'kcmp']) expect(calls.has(name)).toBe(true);
    expect(calls.has('reboot')).toBe(false);
  });

  it('lets clone make namespaces only with SYS_ADMIN', () => {
    const plain = (capabilities: readonly string[]) =>
      dockerDefaultProfile(capabilities).syscalls.some(
        ({ names, args }) => names.includes('clone') && args === undefined,
      );
    expect(plain([])).toBe(false);
    expect(plain(['SYS_ADMIN'])).toBe(true);
  });
});
