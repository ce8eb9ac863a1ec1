import { detailRules, netlinkSocket } from './capability-detail-rules.ts';
import { certain, likely, type Need, type PrivilegedCall, type Rule } from './privileged-call.ts';

/** An argument as the int that it is. */
function int(call: PrivilegedCall, index: number): number {
  return Number(BigInt.asIntN(32, call.args.get(index) ?? 0n));
}

/** A user or group ID; undefined for -1, "leave it". */
function id(call: PrivilegedCall, index: number): number | undefined {
  const value = Number(BigInt.asUintN(32, call.args.get(index) ?? 0xffffffffn));
  return value === 0xffffffff ? undefined : value;
}

/** kernel: fs/attr.c, chown_ok and chgrp_ok. */
function chown(userArgument: number): Rule {
  return (call) => {
    const user = id(call, userArgument);
    const group = id(call, userArgument + 1);
    const { file, rights } = call;
    const [, effective] = rights.uids;
    // A descriptor: whose file it is was not looked at.
    if (file === undefined)
      return user === undefined && group === undefined ? undefined : likely('CAP_CHOWN');
    const owns = effective === file.uid;
    const ofGroup = group === rights.gids[1] || rights.groups.includes(group ?? -1) || group === file.gid;
    const needed =
      (user !== undefined && (!owns || user !== file.uid)) || (group !== undefined && (!owns || !ofGroup));
    return needed ? certain('CAP_CHOWN') : undefined;
  };
}

const setGroupBit = 0o2000;
const fileType = 0o170000;
const devices = [0o020000, 0o060000];

function chmod(modeArgument: number): Rule {
  return (call) => {
    const { file, rights } = call;
    if (file === undefined) return undefined;
    if (file.uid !== rights.uids[1]) return certain('CAP_FOWNER');
    const member = file.gid === rights.gids[1] || rights.groups.includes(file.gid);
    return (int(call, modeArgument) & setGroupBit) !== 0 && !member ? certain('CAP_FSETID') : undefined;
  };
}

const mknod =
  (modeArgument: number): Rule =>
  (call) =>
    devices.includes(int(call, modeArgument) & fileType) ? certain('CAP_MKNOD') : undefined;

/** Each argument must be one of the caller's IDs that `allowed` picks (real 0, effective 1, saved 2), or -1. */
function setIds(capability: string, which: 'uids' | 'gids', allowed: readonly (readonly number[])[]): Rule {
  return (call) => {
    const own = call.rights[which];
    const foreign = allowed.some((positions, index) => {
      const wanted = id(call, index);
      return wanted !== undefined && !positions.some((position) => own[position] === wanted);
    });
    return foreign ? certain(capability) : undefined;
  };
}

/** kernel: kernel/sys.c. */
function idRules(capability: string, which: 'uids' | 'gids', letter: 'u' | 'g'): Record<string, Rule> {
  const rules = {
    [`set${letter}id`]: setIds(capability, which, [[0, 2]]),
    [`setre${letter}id`]: setIds(capability, which, [
      [0, 1],
      [0, 1, 2],
    ]),
    [`setres${letter}id`]: setIds(capability, which, [
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]),
    [`setfs${letter}id`]: setIds(capability, which, [[0, 1, 2]]),
  };
  return {
    ...rules,
    ...Object.fromEntries(Object.entries(rules).map(([name, rule]) => [`${name}32`, rule])),
  };
}

const newUserNamespace = 0x10000000;
/** All but CLONE_NEWUSER, which needs nothing. */
const namespaces = 0x6e020080;

const makesNamespace: Rule = (call) => {
  const flags = int(call, 0);
  // A new user namespace gives every capability over those that are made with it.
  return (flags & namespaces) !== 0 && (flags & newUserNamespace) === 0
    ? certain('CAP_SYS_ADMIN')
    : undefined;
};

const netlink = 16;
const packet = 17;
const internet = [2, 10];
const rawType = 3;

const socket: Rule = (call) => {
  const family = int(call, 0);
  if (family === netlink) return netlinkSocket(BigInt(int(call, 2)));
  const raw = family === packet || (internet.includes(family) && (int(call, 1) & 0xf) === rawType);
  return raw ? certain('CAP_NET_RAW') : undefined;
};

const realTimePolicies = [1, 2, 6];
const attaching = [16, 0x4206];

/** prctl(2): drops a capability from the bounding set, and changes what root may do. */
const setsPrivileges = [24, 28];

/** Requests that change an interface, a route or a neighbour, or attach to a tunnel: linux/sockios.h, linux/if_tun.h. */
const changesNetwork: ReadonlySet<number> = new Set([
  ...[0x890b, 0x890c, 0x8914, 0x8916, 0x8918, 0x891a, 0x891c, 0x891e, 0x8922, 0x8923, 0x8924, 0x8943],
  ...[0x8946, 0x8953, 0x8955, 0x89a0, 0x89a1, 0x89a2, 0x89a3, 0x400454ca],
]);

function always(need: Need, names: string): [string, Rule][] {
  return names.split(/\s+/).map((name) => [name, () => need]);
}

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...['chown', 'lchown', 'fchown', 'chown32', 'lchown32', 'fchown32'].map((name): [string, Rule] => [
    name,
    chown(1),
  ]),
  ['fchownat', chown(2)],
  ['chmod', chmod(1)],
  ['fchmodat', chmod(2)],
  ['fchmodat2', chmod(2)],
  ['mknod', mknod(1)],
  ['mknodat', mknod(2)],
  ...Object.entries(idRules('CAP_SETUID', 'uids', 'u')),
  ...Object.entries(idRules('CAP_SETGID', 'gids', 'g')),
  ['unshare', makesNamespace],
  ['clone', makesNamespace],
  ['socket', socket],
  ...detailRules,
  ['setpriority', (call) => (int(call, 2) < 0 ? likely('CAP_SYS_NICE') : undefined)],
  ['nice', (call) => (int(call, 0) < 0 ? likely('CAP_SYS_NICE') : undefined)],
  [
    'sched_setscheduler',
    (call) => (realTimePolicies.includes(int(call, 1)) ? likely('CAP_SYS_NICE') : undefined),
  ],
  ['ptrace', (call) => (attaching.includes(int(call, 0)) ? likely('CAP_SYS_PTRACE') : undefined)],
  ['prctl', (call) => (setsPrivileges.includes(int(call, 0)) ? certain('CAP_SETPCAP') : undefined)],
  ['ioctl', (call) => (changesNetwork.has(int(call, 1)) ? likely('CAP_NET_ADMIN') : undefined)],
  ...always(certain('CAP_SETGID'), 'setgroups setgroups32'),
  ...always(certain('CAP_SYS_CHROOT'), 'chroot'),
  ...always(
    certain('CAP_SYS_ADMIN'),
    'mount umount umount2 pivot_root fsopen fsmount move_mount mount_setattr setns sethostname setdomainname swapon swapoff',
  ),
  ...always(likely('CAP_SYS_ADMIN'), 'open_tree quotactl bpf perf_event_open fanotify_init'),
  ...always(likely('CAP_SYSLOG'), 'syslog'),
  ...always(certain('CAP_SYS_BOOT'), 'reboot kexec_load'),
  ...always(certain('CAP_SYS_PACCT'), 'acct'),
  ...always(certain('CAP_SYS_TIME'), 'settimeofday clock_settime clock_settime64 stime'),
  ...always(likely('CAP_SYS_TIME'), 'adjtimex clock_adjtime'),
  ...always(likely('CAP_IPC_LOCK'), 'mlock mlock2 mlockall'),
  ...always(likely('CAP_SYS_PTRACE'), 'process_vm_readv process_vm_writev kcmp pidfd_getfd'),
  ...always(certain('CAP_DAC_READ_SEARCH'), 'open_by_handle_at'),
  ...always(certain('CAP_SYS_MODULE'), 'init_module finit_module delete_module'),
  ...always(certain('CAP_SYS_RAWIO'), 'iopl ioperm'),
  ...always(certain('CAP_SYS_TTY_CONFIG'), 'vhangup'),
]);

/**
 * The capability that the kernel asks for in a call of these arguments, had the caller it or not; undefined for none.
 * What is not seen: see PROTOCOL.md of the sensor.
 */
export function neededByCall(call: PrivilegedCall): Need | undefined {
  return rules.get(call.name)?.(call);
}
