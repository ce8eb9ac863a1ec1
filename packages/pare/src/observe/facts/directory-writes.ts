import type { ImagePath } from '@pare/oci';
import type { DirectoryWrites, FileUse } from '../../model/observation.ts';

type WriteAccess = DirectoryWrites['accesses'][number];

const writing: ReadonlySet<string> = new Set<WriteAccess>(['create', 'write', 'change', 'remove']);

const isWrite = (access: string): access is WriteAccess => writing.has(access);
/** Few are: what goes through all is no more than this. */
const isWritten = ({ accesses }: FileUse): boolean => accesses.some(isWrite);

/** What was created, written, changed or removed, by the directory that it lies in. Sorted by directory. */
export function directoryWrites(files: readonly FileUse[]): readonly DirectoryWrites[] {
  const directories = new Map<
    ImagePath,
    { files: number; accesses: Set<WriteAccess>; phases: Set<FileUse['phase']> }
  >();
  for (const use of files.filter(isWritten)) {
    const accesses = use.accesses.filter(isWrite);
    const directory = (use.path.slice(0, use.path.lastIndexOf('/')) || '/') as ImagePath;
    const entry = directories.get(directory) ?? { files: 0, accesses: new Set(), phases: new Set() };
    entry.files += 1;
    for (const access of accesses) entry.accesses.add(access);
    entry.phases.add(use.phase);
    directories.set(directory, entry);
  }
  return [...directories]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([directory, { files: count, accesses, phases }]) => ({
      directory,
      files: count,
      accesses: [...accesses].sort(),
      phases: [...phases].sort(),
    }));
}
