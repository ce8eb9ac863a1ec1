import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import type { Account, CapabilityUse, SyscallUse } from '../model/observation.ts';
import { hardenImage } from './harden.ts';

const account: Account = { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] };
const harden = (
  names: readonly string[],
  changes: Partial<Account> = {},
  port?: number,
  capabilities?: readonly CapabilityUse[],
) =>
  runToEnd(
    hardenImage({
      reference: 'my/app:1',
      observation: {
        syscalls: names.map((name): SyscallUse => ({ arch: 'x86_64', name, phase: 'serving' })),
        account: { ...account, ...changes },
        ...(capabilities === undefined ? {} : { capabilities }),
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
    }),
  );

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

const used = (capability: string): CapabilityUse => ({
  ...{ capability, certainty: 'likely', why: '', process: 0, phase: 'serving' },
});

test('rules signals to others and capabilities of files out where the observation says what was needed', () => {
  const seen = (...capabilities: readonly CapabilityUse[]) =>
    harden(['setxattr'], {}, undefined, capabilities);
  expect(harden(['setxattr']).capabilities).toEqual(['DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETFCAP']);
  expect(seen().capabilities).toEqual(['DAC_OVERRIDE', 'FOWNER']);
  expect(seen(used('CAP_KILL'), used('CAP_SETFCAP')).capabilities).toEqual([
    'DAC_OVERRIDE',
    'FOWNER',
    'KILL',
    'SETFCAP',
  ]);
});

test("names what was needed beyond Docker's default set", () => {
  const needed = [used('CAP_SYS_RESOURCE'), used('CAP_NET_ADMIN')];
  const { apparmor, capabilities } = harden(['openat'], {}, undefined, needed);
  expect(capabilities).toEqual(['DAC_OVERRIDE', 'NET_ADMIN', 'SYS_RESOURCE']);
  expect(apparmor).toContain('capability net_admin,');
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
