import type { SeccompProfile } from '../../model/hardening-profile.ts';

/** Node's word for the machine, and libseccomp's. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

/**
 * `linux.seccomp` of the OCI runtime spec from a profile in Docker's form: of its architectures the machine's own and those
 * that belong to it, as moby does.
 */
export function seccompSection(profile: SeccompProfile, machine: string = process.arch): object {
  const own = architectures[machine];
  const entry = profile.archMap.find(({ architecture }) => architecture === own);
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: entry === undefined ? [own] : [entry.architecture, ...entry.subArchitectures],
    syscalls: profile.syscalls
      .filter(({ names }) => names.length > 0)
      .map(({ names, action, errnoRet, args }) => ({
        names,
        action,
        ...(errnoRet === undefined ? {} : { errnoRet }),
        ...(args === undefined ? {} : { args }),
      })),
  };
}
