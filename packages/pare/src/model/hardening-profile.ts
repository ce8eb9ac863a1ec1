/** A seccomp profile in Docker's and runc's JSON (moby `profiles/seccomp`). */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly { readonly names: readonly string[]; readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'; readonly errnoRet?: number; readonly comment?: string }[];
}

/** The rights that the slim image is run with. */
export interface HardeningProfile {
  readonly seccomp: SeccompProfile;
  /** An AppArmor profile's text (apparmor.d(5)). */
  readonly apparmor: string;
  readonly apparmorName: string;
}
