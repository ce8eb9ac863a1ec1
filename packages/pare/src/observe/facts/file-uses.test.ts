import type { SensorRecord } from '@pare/sensor';
import { expect, test } from 'vitest';
import { collectFileUses } from './file-uses.ts';
import type { Marks } from './marks.ts';

const openat = 257;
const newfstatat = 262;
const marks: Marks = {
  readyNs: 100n,
  probes: [
    { startNs: 110n, position: 0 },
    { startNs: 120n, position: 1 },
  ],
};

function asked(path: string, timeNs: bigint, options: Partial<Extract<SensorRecord, { kind: 'path' }>> = {}) {
  return {
    kind: 'path',
    exec: 1,
    pid: 1,
    timeNs,
    arch: 'x86_64',
    syscall: openat,
    flags: 0,
    existed: 'yes',
    mode: 0o100644,
    uid: 0,
    gid: 0,
    path: new TextEncoder().encode(path),
    ...options,
  } as const;
}

test('merges what was done with one path and takes the first for when and who', () => {
  const files = collectFileUses();
  files.add(asked('/etc/app.conf', 115n, { syscall: newfstatat }), 4, marks);
  files.add(asked('/etc//app.conf', 50n), 2, marks);
  files.add(asked('/var/cache', 125n, { flags: 0o200000 }), 4, marks);
  expect(files.uses()).toEqual([
    {
      path: '/etc/app.conf',
      accesses: ['read', 'stat'],
      existed: true,
      process: 2,
      phase: 'start-up',
      probe: undefined,
    },
    { path: '/var/cache', accesses: ['list'], existed: true, process: 4, phase: 'serving', probe: 1 },
  ]);
});

test('a file that the application made itself was not there', () => {
  const files = collectFileUses();
  files.add(asked('/run/app.pid', 10n, { existed: 'no', flags: 0o101 }), 0, marks);
  files.add(asked('/run/app.pid', 20n), 0, marks);
  expect(files.uses()).toMatchObject([{ accesses: ['create', 'read'], existed: false }]);
});

test('what another container found there was there', () => {
  const files = collectFileUses();
  files.add(asked('/srv/x', 10n, { existed: 'no' }), 0, marks);
  files.add(asked('/srv/x', 20n), 1, { readyNs: 0n, probes: [] });
  expect(files.uses()).toMatchObject([{ existed: true }]);
});

test('takes what could not be looked at for there', () => {
  const files = collectFileUses();
  files.add(asked('/x', 1n, { existed: 'unknown' }), 0, marks);
  expect(files.uses()).toMatchObject([{ existed: true }]);
});

test('a directory walked through on the way to .. is used too', () => {
  const files = collectFileUses();
  files.add(asked('/a/b/../c', 1n), 0, marks);
  expect(files.uses()).toMatchObject([
    { path: '/a/b', accesses: ['enter'], existed: true },
    { path: '/a/c', accesses: ['read'], askedAs: ['/a/b/../c'] },
  ]);
});

test('gives the same whatever the order of the records', () => {
  const records = [asked('/b', 3n), asked('/a', 2n), asked('/b', 1n, { syscall: newfstatat, existed: 'no' })];
  const collect = (list: typeof records) => {
    const files = collectFileUses();
    for (const record of list) files.add(record, Number(record.timeNs), marks);
    return files.uses();
  };
  expect(collect(records)).toEqual(collect(records.toReversed()));
});
