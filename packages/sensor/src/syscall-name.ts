import { syscallNumbers, ubiquitousCalls } from './generated/syscall-numbers.ts';
import type { SyscallArch } from './record.ts';

const columns: Readonly<Record<SyscallArch, number>> = { x86_64: 0, i386: 1, aarch64: 2, arm: 3 };

function namesByNumber(arch: SyscallArch): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, numbers] of Object.entries(syscallNumbers)) {
    const number = numbers[columns[arch]];
    if (number !== undefined && number >= 0) names.set(number, name);
  }
  return names;
}

const names: Readonly<Record<SyscallArch, ReadonlyMap<number, string>>> = {
  x86_64: namesByNumber('x86_64'),
  i386: namesByNumber('i386'),
  aarch64: namesByNumber('aarch64'),
  arm: namesByNumber('arm'),
};

/** Name of a system call by its number, as seccomp profiles spell it; undefined for one that is not known. */
export function syscallName(arch: SyscallArch, number: number): string | undefined {
  return names[arch].get(number);
}

/** Number of a system call; undefined where the architecture does not have it. */
export function syscallNumber(arch: SyscallArch, name: string): number | undefined {
  const number = Object.hasOwn(syscallNumbers, name) ? syscallNumbers[name]?.[columns[arch]] : undefined;
  return number === undefined || number < 0 ? undefined : number;
}

/**
 * The calls of an architecture that the sensor lets through unseen because practically every program makes
 * them. They are to be assumed used where any call of that architecture was.
 */
export function assumedSyscalls(arch: SyscallArch): readonly string[] {
  return ubiquitousCalls.filter((name) => syscallNumber(arch, name) !== undefined);
}
