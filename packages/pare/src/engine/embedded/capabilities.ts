import { PareError } from '../../model/pare-error.ts';

/** linux/capability.h, by number. */
const all: readonly string[] =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT
  SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
  WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .trim()
    .split(/\s+/);

/** What Docker gives any container (moby `oci/caps/defaults.go`). */
const defaultCapabilities: readonly string[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/**
 * The capabilities of a container, without `CAP_`, sorted, as docker computes them from `--cap-add` and `--cap-drop` (moby
 * `oci/caps`): `ALL` stands for all; what is dropped with `ALL` may be added by name. Throws PareError `usage`.
 */
export function planCapabilities(add: readonly string[], drop: readonly string[]): readonly string[] {
  const added = add.map(parseName);
  const dropped = drop.map(parseName);
  const base = dropped.includes('ALL') ? [] : added.includes('ALL') ? all : defaultCapabilities;
  const taken = new Set(dropped);
  const kept = base.filter((name) => !taken.has(name));
  return [...new Set([...kept, ...added.filter((name) => name !== 'ALL')])].sort();
}

function parseName(name: string): string {
  const plain = name.toUpperCase().replace(/^CAP_/, '');
  if (plain === 'ALL' || all.includes(plain)) return plain;
  throw new PareError('usage', `${name} is no capability`, { hint: 'see capabilities(7)' });
}
