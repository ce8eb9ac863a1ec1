import type { FileTree } from '@pare/oci';
import type { HardeningProfile } from '../model/hardening-profile.ts';
import type { Observation } from '../model/observation.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { seccompProfile } from './seccomp.ts';

/** What the rights of a slim image are decided from. */
export interface HardenInput {
  /** The fat image's reference: the AppArmor profile is named after it. */
  readonly reference: string;
  readonly observation: Pick<Observation, 'syscalls' | 'account' | 'files' | 'processes' | 'sockets'>;
  readonly plan: Pick<ReductionPlan, 'kept'>;
  /** The fat image's tree, to resolve links and to tell programs from data. */
  readonly tree: Pick<FileTree, 'get' | 'resolve'>;
  /** Calls that the sensor lets through unseen and that are therefore assumed used (`ubiquitousCalls` of @pare/sensor). */
  readonly assumedSyscalls: readonly string[];
}

/** The rights that the slim image is run with: what was observed, and what a kept file may need of them. */
export function hardenImage(input: HardenInput): HardeningProfile {
  return { seccomp: seccompProfile(input), apparmor: '', apparmorName: 'pare', capabilities: [], notes: [] };
}
