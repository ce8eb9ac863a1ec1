import { expect, test } from 'vitest';
import { blindSpotsOf } from './blind-spots.ts';

const kinds = (...given: Parameters<typeof blindSpotsOf>) => blindSpotsOf(...given).map(({ kind }) => kind);

test('tells what each way of observing cannot see', () => {
  expect(kinds({ mode: 'notify', privileges: 'full' })).toEqual(['kernel-opens']);
  expect(kinds({ mode: 'notify', privileges: 'none' })).toEqual([
    'kernel-opens',
    'setuid-programs',
    'other-users',
    'mounts-in-sight',
  ]);
  expect(kinds({ mode: 'fanotify', privileges: 'full' })).toContain('system-calls');
});
