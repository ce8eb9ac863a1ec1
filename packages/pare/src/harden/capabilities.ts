import type { Observation } from '../model/observation.ts';
import { equivalentCalls } from './equivalent-calls.ts';

/** What rules capabilities out. */
export interface CapabilityInput {
  readonly observation: Pick<Observation, 'syscalls' | 'sockets' | 'capabilities'>;
  readonly assumedSyscalls: readonly string[];
  /** Whether the observation is known to lack something: then nothing is ruled out. */
  readonly widened: boolean;
}

/**
 * What speaks for a capability of Docker's default set; `always`: no observation can rule it out; `use`: the observation names
 * it, or does not say which were needed and one of the calls was seen, all where `names` is left out.
 */
type Evidence =
  | { readonly kind: 'use'; readonly names?: readonly string[] }
  | { readonly kind: 'always' }
  | { readonly kind: 'call'; readonly names: readonly string[] }
  | { readonly kind: 'low-port' }
  | { readonly kind: 'netlink' };

const calls = (...names: readonly string[]): Evidence => ({
  kind: 'call',
  names: names.flatMap(equivalentCalls),
});

/** See capabilities(7) for what each one is asked for. */
const defaultCapabilities: Readonly<Record<string, Evidence>> = {
  AUDIT_WRITE: { kind: 'netlink' },
  CHOWN: calls('chown', 'fchown'),
  // Asked for by any access to a file of another owner, which an observation does not tell from an allowed one.
  DAC_OVERRIDE: { kind: 'always' },
  FOWNER: calls('chmod', 'fchmod', 'utimensat', 'setxattr', 'fsetxattr', 'unlink', 'rename'),
  FSETID: calls('chmod', 'fchmod', 'chown', 'fchown'),
  // kill and tgkill belong to the calls that the sensor assumes used.
  KILL: { kind: 'use' },
  MKNOD: calls('mknod'),
  NET_BIND_SERVICE: { kind: 'low-port' },
  // The record does not say which type of socket it was.
  NET_RAW: calls('socket'),
  SETFCAP: { kind: 'use', names: ['setxattr', 'fsetxattr'].flatMap(equivalentCalls) },
  SETGID: calls('setgid', 'setgroups', 'setfsgid'),
  SETPCAP: calls('capset', 'prctl'),
  SETUID: calls('setuid', 'setfsuid'),
  SYS_CHROOT: calls('chroot'),
};

const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * The capabilities of Docker's default set that the observation does not rule out, and those beyond it that the application
 * was given and needed, without `CAP_`, sorted.
 */
export function neededCapabilities(input: CapabilityInput): readonly string[] {
  const { observation } = input;
  const seen = new Set([...input.assumedSyscalls, ...observation.syscalls.map((use) => use.name)]);
  const used = observation.capabilities?.map(({ capability }) => capability.replace(/^CAP_/, ''));
  const ofDefault = Object.entries(defaultCapabilities)
    .filter(([name, evidence]) => input.widened || speaksFor(name, evidence, { seen, used, observation }))
    .map(([name]) => name);
  return [
    ...new Set([...ofDefault, ...(used ?? []).filter((name) => !(name in defaultCapabilities))]),
  ].sort();
}

interface Seen {
  readonly seen: ReadonlySet<string>;
  /** Undefined when the observation does not say which were needed. */
  readonly used: readonly string[] | undefined;
  readonly observation: Pick<Observation, 'sockets'>;
}

function speaksFor(name: string, evidence: Evidence, { seen, used, observation }: Seen): boolean {
  const { sockets } = observation;
  switch (evidence.kind) {
    case 'always':
      return true;
    case 'use':
      return used?.includes(name) ?? evidence.names?.some((call) => seen.has(call)) ?? true;
    case 'call':
      return evidence.names.some((name) => seen.has(name));
    case 'low-port':
      return sockets.some((use) => use.operation !== 'connect' && isLowPort(use.port));
    case 'netlink':
      return sockets.some((use) => use.family === 'netlink');
  }
}

function isLowPort(port: number | undefined): boolean {
  return port !== undefined && port > 0 && port < FIRST_UNPRIVILEGED_PORT;
}
