import type { Account, BlindSpot } from '../../model/observation.ts';

const ofFanotify: readonly BlindSpot[] = [
  { kind: 'system-calls', message: 'which system calls were made: no seccomp profile can be made of it' },
  { kind: 'missing-files', message: 'files that were asked for and are not there' },
  {
    kind: 'file-attributes',
    message: 'files that were looked at, listed, renamed or removed but not opened',
  },
  { kind: 'arguments', message: 'the arguments of programs and system calls' },
  { kind: 'sockets', message: 'sockets' },
];

const ofNotify: readonly BlindSpot[] = [
  { kind: 'kernel-opens', message: 'what the kernel opens by itself: interpreters of programs and scripts' },
];

const withoutPrivileges: readonly BlindSpot[] = [
  {
    kind: 'setuid-programs',
    message: 'what setuid programs do with their rights: they have no effect in this mode',
  },
  {
    kind: 'other-users',
    message: 'paths that processes of another user, or that forbid it, asked for: they are counted',
  },
  { kind: 'mounts-in-sight', message: 'the sensor: its mounts stay in the sight of the application' },
];

/** What the sensor cannot see in this way of observing, whatever the application does. */
export function blindSpotsOf(account: Pick<Account, 'mode' | 'privileges'>): readonly BlindSpot[] {
  return [
    ...(account.mode === 'fanotify' ? ofFanotify : ofNotify),
    ...(account.privileges === 'none' ? withoutPrivileges : []),
  ];
}
