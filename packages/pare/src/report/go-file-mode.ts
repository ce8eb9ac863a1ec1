import type { ReportedFile } from '../model/run-report.ts';

/** Go's `fs.FileMode`: its own bits for types above the nine permission bits, and a letter for each (package io/fs). */
const letters = 'dalTLDpSugct?';
const HIGHEST_BIT = 31;
const PERMISSIONS = 'rwxrwxrwx';

const typeBits: Readonly<Record<ReportedFile['kind'], readonly number[]>> = {
  file: [],
  directory: [31],
  symlink: [27],
  'block-device': [26],
  'char-device': [26, 21],
  fifo: [25],
};
/** Bits of the mode as a layer has it, and Go's for them: setuid, setgid, sticky. */
const specialBits = [
  [0o4000, 23],
  [0o2000, 22],
  [0o1000, 20],
] as const;

export interface GoFileMode {
  readonly modex: number;
  readonly mode: string;
}

/** The mode as Go has it, in number and in text: `2147484141` and `drwxr-xr-x`. */
export function goFileMode({ kind, mode }: Pick<ReportedFile, 'kind' | 'mode'>): GoFileMode {
  const bits = [
    ...typeBits[kind],
    ...specialBits.filter(([unix]) => (mode & unix) !== 0).map(([, bit]) => bit),
  ];
  const permissions = mode & 0o777;
  const type = [...letters].filter((_, index) => bits.includes(HIGHEST_BIT - index)).join('');
  const text = [...PERMISSIONS]
    .map((letter, index) => ((permissions >> (8 - index)) & 1 ? letter : '-'))
    .join('');
  return { modex: bits.reduce((sum, bit) => sum + 2 ** bit, permissions), mode: `${type || '-'}${text}` };
}
