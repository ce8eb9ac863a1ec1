import type { FileTree } from '@pare/oci';
import type { HardeningProfile } from '../model/hardening-profile.ts';
import type { Observation } from '../model/observation.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { apparmorProfile, profileName } from './apparmor.ts';
import { neededCapabilities } from './capabilities.ts';
import { type SeccompResult, seccompProfile } from './seccomp.ts';

/** What the rights of a slim image are decided from. */
export interface HardenInput {
  /** The fat image's reference: the AppArmor profile is named after it. */
  readonly reference: string;
  readonly observation: Pick<
    Observation,
    'syscalls' | 'account' | 'files' | 'processes' | 'sockets' | 'capabilities'
  >;
  readonly plan: Pick<ReductionPlan, 'kept'>;
  /** The fat image's tree, to resolve links and to tell programs from data. */
  readonly tree: Pick<FileTree, 'get' | 'resolve'>;
  /** Calls that the sensor lets through unseen and that are therefore assumed used (`ubiquitousCalls` of @pare/sensor). */
  readonly assumedSyscalls: readonly string[];
}

/**
 * The rights that the slim image is run with: what was observed, and what a kept file may need of them. `seccomp` is what
 * `seccompProfile` makes of the same observation, for who needs that first. Yields wherever it may be left alone for a while.
 */
export function* hardenImage(
  input: HardenInput,
  seccomp: SeccompResult = seccompProfile(input),
): Generator<undefined, HardeningProfile> {
  const widened = seccomp.widened !== undefined;
  const capabilities = neededCapabilities({ ...input, widened });
  const apparmorName = profileName(input.reference);
  const apparmor = yield* apparmorProfile({ ...input, name: apparmorName, capabilities, widened });
  return {
    seccomp: seccomp.profile,
    apparmor,
    apparmorName,
    allowedSyscalls: seccomp.allowed.length,
    dockerDefaultSyscalls: seccomp.dockerDefault,
    capabilities,
    notes: notesOn(seccomp),
  };
}

function notesOn({ widened, refused }: SeccompResult): readonly string[] {
  const notes: string[] = [];
  if (widened !== undefined) {
    notes.push(`The seccomp profile allows all that Docker's default does, because ${widened}.`);
  }
  if (refused.length > 0) {
    notes.push(
      `Called by the application but refused by Docker's default seccomp profile too, so not allowed: ${refused.join(', ')}.`,
    );
  }
  return notes;
}
