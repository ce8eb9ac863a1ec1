import type { SeccompProfile } from '../model/hardening-profile.ts';
import type { Observation } from '../model/observation.ts';

/** What a seccomp profile is made of. */
export interface SeccompInput {
  readonly observation: Pick<Observation, 'syscalls' | 'account'>;
  /** Calls that the sensor lets through unseen and that are therefore assumed used (`ubiquitousCalls` of @pare/sensor). */
  readonly assumedSyscalls: readonly string[];
}

/** The allow-list of an observation. */
export function seccompProfile(input: SeccompInput): SeccompProfile {
  const names = [
    ...new Set([...input.assumedSyscalls, ...input.observation.syscalls.map((use) => use.name)]),
  ].sort();
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    archMap: [],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  };
}
