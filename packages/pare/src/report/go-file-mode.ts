import type { ReportedFile } from '../model/run-report.ts';

/** Go's `fs.FileMode` (package io/fs): bits of its own for types above the nine permission bits, and a letter for each. */
export interface GoFileMode {
  readonly modex: number;
  readonly mode: string;
}

const types: Readonly<Record<ReportedFile['kind'], GoFileMode>> = {
  file: { modex: 0, mode: '' },
  directory: { modex: 2 ** 31, mode: 'd' },
  symlink: { modex: 2 ** 27, mode: 'L' },
  'block-device': { modex: 2 ** 26, mode: 'D' },
  'char-device': { modex: 2 ** 26 + 2 ** 21, mode: 'D' },
  fifo: { modex: 2 ** 25, mode: 'p' },
};
const permissions = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'];

/** The mode as Go has it, in number and in text: `2147484141` and `drwxr-xr-x`. Letters stand from the highest bit down. */
export function goFileMode({ kind, mode }: Pick<ReportedFile, 'kind' | 'mode'>): GoFileMode {
  const setuid = (mode & 0o4000) !== 0;
  const setgid = (mode & 0o2000) !== 0;
  const sticky = (mode & 0o1000) !== 0;
  const special = (setuid ? 2 ** 23 : 0) + (setgid ? 2 ** 22 : 0) + (sticky ? 2 ** 20 : 0);
  const type = types[kind];
  const isCharDevice = kind === 'char-device';
  const letters = `${type.mode}${setuid ? 'u' : ''}${setgid ? 'g' : ''}${isCharDevice ? 'c' : ''}${sticky ? 't' : ''}`;
  return {
    modex: type.modex + special + (mode & 0o777),
    mode: `${letters || '-'}${permissions[(mode >> 6) & 7]}${permissions[(mode >> 3) & 7]}${permissions[mode & 7]}`,
  };
}
