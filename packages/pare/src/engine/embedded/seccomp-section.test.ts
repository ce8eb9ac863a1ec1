import { expect, it } from 'vitest';
import { dockerDefaultProfile } from '../../harden/default-profile.ts';
import { seccompSection } from './seccomp-section.ts';

it("names the machine's own architecture and what belongs to it, and no rule without calls", () => {
  const section = seccompSection(dockerDefaultProfile([]), 'x64') as {
    architectures: readonly string[];
    syscalls: readonly { names: readonly string[] }[];
  };
  expect(section.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  expect(section.syscalls.every(({ names }) => names.length > 0)).toBe(true);
  expect(seccompSection(dockerDefaultProfile([]), 'arm64')).toMatchObject({
    architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  });
});
