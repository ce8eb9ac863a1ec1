import type { SeccompArgument, SeccompProfile, SeccompRule } from '../model/hardening-profile.ts';
import type { Observation, SyscallUse } from '../model/observation.ts';
import { callsWithFallback, dockerDefaultCalls } from './docker-default.ts';
import { equivalentCalls } from './equivalent-calls.ts';
import { alwaysNeededCalls } from './runtime-calls.ts';

type Arch = SyscallUse['arch'];

/** What a seccomp profile is made of. */
export interface SeccompInput {
  readonly observation: Pick<Observation, 'syscalls' | 'account'>;
  /** Calls that the sensor lets through unseen and that are therefore assumed used (`ubiquitousCalls` of @pare/sensor). */
  readonly assumedSyscalls: readonly string[];
}

export interface SeccompResult {
  readonly profile: SeccompProfile;
  /** Calls that are allowed, sorted. */
  readonly allowed: readonly string[];
  /** How many calls Docker's default profile allows on the same architectures. */
  readonly dockerDefault: number;
  /** Calls that were seen but that Docker's default profile does not allow either, sorted: they stay refused. */
  readonly refused: readonly string[];
  /** Why Docker's whole default set is allowed instead of what was seen; undefined when what was seen is. */
  readonly widened: string | undefined;
}

const EPERM = 1;
const ENOSYS = 38;
/** CLONE_NEW* except CLONE_NEWTIME, which shares a bit with the exit signal (sched.h). */
const NAMESPACE_FLAGS = 0x7e020000;
const AF_VSOCK = 40;
/** PER_LINUX and PER_LINUX32, each with and without UNAME26, and the question for the current one (personality(2)). */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/**
 * The allow-list of an observation: the calls that were seen, those assumed used, those that every container needs, and
 * their equivalents. It is never wider than Docker's default profile, whatever was seen. When the sensor could not see every
 * call, it is Docker's default profile.
 */
export function seccompProfile(input: SeccompInput): SeccompResult {
  const arches = archesOf(input.observation.syscalls);
  const docker = dockerDefaultCalls(arches);
  const widened = reasonToWiden(input.observation);
  const seen = new Set(input.observation.syscalls.map((use) => use.name));
  const wanted = widened === undefined ? [...seen, ...input.assumedSyscalls, ...alwaysNeededCalls] : docker;
  const allowed = new Set<string>();
  for (const name of wanted) {
    for (const equivalent of equivalentCalls(name)) if (docker.has(equivalent)) allowed.add(equivalent);
  }
  const refused = [...seen].filter((name) => !docker.has(name)).sort();
  const names = [...allowed].sort();
  return { profile: profileOf(names, arches), allowed: names, dockerDefault: docker.size, refused, widened };
}

function reasonToWiden({ syscalls, account }: SeccompInput['observation']): string | undefined {
  if (account.mode !== 'notify') return 'the sensor ran in a mode that does not see system calls';
  if (syscalls.length === 0) return 'no system call was recorded';
  if (!account.complete) return 'the record of the observation is not whole';
  if (account.lost > 0) return `${account.lost} facts of the observation were lost`;
  return undefined;
}

/** Both families when nothing is known: a rule for another architecture than the kernel's is not used. */
function archesOf(syscalls: readonly SyscallUse[]): ReadonlySet<Arch> {
  const arches = new Set(syscalls.map((use) => use.arch));
  return arches.size > 0 ? arches : new Set<Arch>(['x86_64', 'i386', 'aarch64', 'arm']);
}

/** A profile that allows these calls on these architectures, some with Docker's limits on their arguments. */
export function profileOf(names: readonly string[], arches: ReadonlySet<Arch>): SeccompProfile {
  const limited = names.filter((name) => argumentLimits.has(name));
  const fallback = callsWithFallback.filter((name) => !names.includes(name));
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    archMap: archMap(arches),
    syscalls: [
      { names: names.filter((name) => !argumentLimits.has(name)), action: 'SCMP_ACT_ALLOW' },
      ...limited.flatMap(limitedRules),
      {
        names: fallback,
        action: 'SCMP_ACT_ERRNO',
        errnoRet: ENOSYS,
        comment: 'as if the kernel were older: callers fall back',
      },
    ],
  };
}

function archMap(arches: ReadonlySet<Arch>): SeccompProfile['archMap'] {
  const map: { architecture: string; subArchitectures: readonly string[] }[] = [];
  const add = (main: Arch, mainName: string, compat: Arch, compatName: string) => {
    if (!arches.has(main) && !arches.has(compat)) return;
    map.push({ architecture: mainName, subArchitectures: arches.has(compat) ? [compatName] : [] });
  };
  add('x86_64', 'SCMP_ARCH_X86_64', 'i386', 'SCMP_ARCH_X86');
  add('aarch64', 'SCMP_ARCH_AARCH64', 'arm', 'SCMP_ARCH_ARM');
  return map;
}

/** Calls that Docker's default profile allows with some arguments only: each list is one rule, any one suffices. */
const argumentLimits: ReadonlyMap<string, readonly SeccompArgument[]> = new Map<
  string,
  readonly SeccompArgument[]
>([
  ['clone', [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]],
  ['socket', [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }]],
  ['personality', PERSONALITIES.map((value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }))],
]);

function limitedRules(name: string): readonly SeccompRule[] {
  return (argumentLimits.get(name) ?? []).map((argument) => ({
    names: [name],
    action: 'SCMP_ACT_ALLOW',
    args: [argument],
  }));
}
