import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { Account, SyscallUse } from '../model/observation.ts';
import { hardenImage } from './harden.ts';

const account: Account = { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] };
const harden = (names: readonly string[], changes: Partial<Account> = {}, port?: number) =>
  hardenImage({
    reference: 'my/app:1',
    observation: {
      syscalls: names.map((name): SyscallUse => ({ arch: 'x86_64', name, phase: 'serving' })),
      account: { ...account, ...changes },
      files: [],
      processes: [],
      sockets:
        port === undefined
          ? []
          : [{ operation: 'bind', family: 'inet', address: `0.0.0.0:${port}`, port, process: 0 }],
    },
    plan: { kept: [] },
    tree: memoryTree({ '/app': 'x' }),
    assumedSyscalls: ['read'],
  });

test('rules capabilities out by the calls that need them', () => {
  expect(harden(['openat']).capabilities).toEqual(['DAC_OVERRIDE', 'KILL']);
  expect(harden(['setgroups', 'setuid', 'chroot', 'lchown']).capabilities).toEqual([
    'CHOWN',
    'DAC_OVERRIDE',
    'FSETID',
    'KILL',
    'SETGID',
    'SETUID',
    'SYS_CHROOT',
  ]);
});

test('keeps the right to low ports only for who bound one', () => {
  expect(harden(['bind'], {}, 80).capabilities).toContain('NET_BIND_SERVICE');
  expect(harden(['bind'], {}, 8080).capabilities).not.toContain('NET_BIND_SERVICE');
});

test('rules nothing out after a loss, and says why', () => {
  const profile = harden(['openat'], { lost: 2 });
  expect(profile.capabilities).toHaveLength(14);
  expect(profile.notes).toEqual([
    "The seccomp profile allows all that Docker's default does, because 2 facts of the observation were lost.",
  ]);
});

test('notes the calls that stay refused', () => {
  expect(harden(['mount']).notes).toEqual([
    "Called by the application but refused by Docker's default seccomp profile too, so not allowed: mount.",
  ]);
});

test('names the AppArmor profile after the image', () => {
  const { apparmor, apparmorName } = harden(['openat']);
  expect(apparmorName).toBe('pare-my-app-1');
  expect(apparmor).toContain('profile pare-my-app-1 flags=');
});
