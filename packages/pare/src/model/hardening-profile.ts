/** Compares one argument of a system call (seccomp_rule_add(3)). */
export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  /** For `SCMP_CMP_MASKED_EQ`: `value` is the mask, and this is what must be left of the argument under it. */
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_MASKED_EQ';
}

/** One rule; all `args` must hold for it to apply. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
  readonly comment?: string;
}

/** A seccomp profile in Docker's and runc's JSON (moby `profiles/seccomp`). */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly archMap: readonly {
    readonly architecture: string;
    readonly subArchitectures: readonly string[];
  }[];
  readonly syscalls: readonly SeccompRule[];
}

/** The rights that the slim image is run with. */
export interface HardeningProfile {
  readonly seccomp: SeccompProfile;
  /** An AppArmor profile's text (apparmor.d(5)). */
  readonly apparmor: string;
  readonly apparmorName: string;
  /** How many system calls the seccomp profile allows, and how many Docker's default profile does on the same architectures. */
  readonly allowedSyscalls: number;
  readonly dockerDefaultSyscalls: number;
  /** Capabilities of Docker's default set that nothing observed rules out, and others that were needed, without `CAP_`, sorted. */
  readonly capabilities: readonly string[];
  /** What is allowed and what not, one sentence each, for the report: calls that were seen but stay refused. */
  readonly notes: readonly string[];
}
