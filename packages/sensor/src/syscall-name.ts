import { syscallNumbers, ubiquitousCalls } from './generated/syscall-numbers.ts';
import type { SyscallArch } from './record.ts';

const columns: Readonly<Record<SyscallArch, number>> = { x86_64: 0, i386: 1, aarch64: 2, arm: 3 };

const names = new Map<SyscallArch, ReadonlyMap<number, string>>();

/** Made for the architectures that are asked for. */
function namesOf(arch: SyscallArch): ReadonlyMap<number, string> {
  const known = names.get(arch);
  if (known !== undefined) return known;
  const made = new Map<number, string>();
  for (const [name, numbers] of Object.entries(syscallNumbers)) {
    const number = numbers[columns[arch]];
    if (number !== undefined && number >= 0) made.set(number, name);
  }
  names.set(arch, made);
  return made;
}

/** Name of a system call by its number, as seccomp profiles spell it; undefined for one that is not known. */
export function syscallName(arch: SyscallArch, number: number): string | undefined {
  return namesOf(arch).get(number);
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
