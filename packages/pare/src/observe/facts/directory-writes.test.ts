import type { ImagePath } from '@pare/oci';
import { expect, test } from 'vitest';
import type { AccessKind, FileUse } from '../../model/observation.ts';
import { directoryWrites } from './directory-writes.ts';

const use = (
  path: string,
  accesses: readonly AccessKind[],
  phase: FileUse['phase'] = 'serving',
): FileUse => ({
  ...{ accesses, existed: true, process: 0, phase, probe: undefined },
  path: path as ImagePath,
});

test('counts what was written by the directory that it lies in, and leaves out what was only read', () => {
  const files = [
    use('/var/log/a', ['create', 'stat']),
    use('/var/log/b', ['remove', 'read'], 'start-up'),
    use('/pid', ['write']),
    use('/var/lib/x', ['change']),
    use('/etc/passwd', ['read', 'stat', 'list', 'enter']),
  ];
  expect(directoryWrites(files)).toEqual([
    { directory: '/', files: 1, accesses: ['write'], phases: ['serving'] },
    { directory: '/var/lib', files: 1, accesses: ['change'], phases: ['serving'] },
    { directory: '/var/log', files: 2, accesses: ['create', 'remove'], phases: ['serving', 'start-up'] },
  ]);
  expect(directoryWrites([])).toEqual([]);
});
