import type { SeccompProfile, SeccompRule } from '../model/hardening-profile.ts';
import type { SyscallUse } from '../model/observation.ts';
import { dockerDefaultCalls } from './docker-default.ts';
import { profileOf } from './seccomp.ts';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What Docker's profile allows beyond its common set to a container with a capability (moby 28, `profiles/seccomp`). */
const byCapability: Readonly<Record<string, readonly string[]>> = {
  BPF: ['bpf'],
  CHECKPOINT_RESTORE: [],
  DAC_READ_SEARCH: ['open_by_handle_at'],
  PERFMON: ['perf_event_open'],
  SYS_ADMIN: words(`
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname
    setns syslog umount umount2 unshare`),
  SYS_BOOT: ['reboot'],
  SYS_MODULE: words('delete_module finit_module init_module'),
  SYS_NICE: words('get_mempolicy mbind set_mempolicy set_mempolicy_home_node'),
  SYS_PACCT: ['acct'],
  SYS_PTRACE: words('kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace'),
  SYS_RAWIO: words('ioperm iopl'),
  SYS_TIME: words('clock_settime clock_settime64 settimeofday stime'),
  SYS_TTY_CONFIG: ['vhangup'],
  SYSLOG: ['syslog'],
};

const architectures: ReadonlySet<SyscallUse['arch']> = new Set(['x86_64', 'i386', 'aarch64', 'arm']);

/** Docker's default seccomp profile for a container with these capabilities (without `CAP_`). */
export function dockerDefaultProfile(capabilities: readonly string[]): SeccompProfile {
  const granted = new Set(capabilities.flatMap((name) => byCapability[name] ?? []));
  const names = [...new Set([...dockerDefaultCalls(architectures), ...granted])].sort();
  const profile = profileOf(names, architectures);
  // With SYS_ADMIN a namespace may be made, which the limit on clone's arguments would refuse.
  const unlimited: readonly SeccompRule[] = granted.has('clone')
    ? [{ names: ['clone'], action: 'SCMP_ACT_ALLOW' }]
    : [];
  return { ...profile, syscalls: [...profile.syscalls, ...unlimited] };
}
