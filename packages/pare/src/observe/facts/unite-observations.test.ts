import type { ImagePath } from '@pare/oci';
import { describe, expect, test } from 'vitest';
import type { FileUse, Observation } from '../../model/observation.ts';
import { uniteObservations } from './unite-observations.ts';

const path = (text: string) => text as ImagePath;

function observation(over: Partial<Observation> = {}): Observation {
  return {
    schema: 'pare.observation/1',
    image: { reference: 'app', id: 'sha256:0' },
    sensor: { version: '1', arch: 'x86_64' },
    processes: [
      { id: 0, pid: 1, parent: undefined, executable: path('/bin/app'), argv: ['app'] },
      { id: 1, pid: 7, parent: 0, executable: path('/bin/sh'), argv: ['sh'] },
    ],
    files: [],
    syscalls: [],
    sockets: [],
    probes: ['GET /'],
    account: { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] },
    answers: [],
    listening: [80],
    exitCode: 0,
    logTail: [],
    readyAfterMs: 1,
    ...over,
  };
}

const use = (over: Partial<FileUse>): FileUse => ({
  path: path('/etc/app.conf'),
  accesses: ['read'],
  existed: true,
  process: 0,
  phase: 'serving',
  probe: undefined,
  ...over,
});

describe('uniteObservations', () => {
  test('gives the first back when it is alone', () => {
    const one = observation();
    expect(uniteObservations(one, [])).toBe(one);
  });

  test('keeps every path once, with what all runs did, as first asked for', () => {
    const first = observation({ files: [use({ accesses: ['stat'], existed: false })] });
    const second = observation({
      files: [
        use({ path: path('/a'), process: 1, probe: 0 }),
        use({ accesses: ['write', 'read'], askedAs: ['/x/../etc/app.conf'], phase: 'start-up', process: 1 }),
      ],
    });
    const { files } = uniteObservations(first, [{ name: 'migrate', observation: second }]);
    expect(files).toEqual([
      use({ path: path('/a'), process: 3, probe: 1 }),
      use({ accesses: ['read', 'stat', 'write'], askedAs: ['/x/../etc/app.conf'], phase: 'start-up' }),
    ]);
  });

  test('numbers processes and probes anew and names the probes of further runs', () => {
    const united = uniteObservations(observation(), [
      { name: 'migrate', observation: observation({ probes: ['check'] }) },
    ]);
    expect(united.processes.map(({ id, parent }) => [id, parent])).toEqual([
      [0, undefined],
      [1, 0],
      [2, undefined],
      [3, 2],
    ]);
    expect(united.probes).toEqual(['GET /', 'migrate: check']);
  });

  test('keeps the answers of each run apart', () => {
    const exit = { kind: 'exit', exitCode: 0, stdout: 'done', stderr: '' } as const;
    const united = uniteObservations(observation(), [
      { name: 'migrate', observation: observation({ answers: [exit], listening: [], exitCode: undefined }) },
    ]);
    expect(united.answers).toEqual([]);
    expect(united.listening).toEqual([80]);
    expect(united.runs).toEqual([
      {
        name: 'migrate',
        exercise: { answers: [exit], listening: [], exitCode: undefined, logTail: [], readyAfterMs: 1 },
      },
    ]);
  });

  test('allows at the start what any run did at its start', () => {
    const call = { arch: 'x86_64', name: 'chroot' } as const;
    const united = uniteObservations(observation({ syscalls: [{ ...call, phase: 'serving' }] }), [
      { name: 'b', observation: observation({ syscalls: [{ ...call, phase: 'start-up' }] }) },
    ]);
    expect(united.syscalls).toEqual([{ ...call, phase: 'start-up' }]);
  });

  test('loses nothing of what the runs could not see', () => {
    const account = { mode: 'fanotify', unreadable: 1, lost: 2, complete: false, notes: ['x'] } as const;
    const united = uniteObservations(observation(), [
      { name: 'b', observation: observation({ account }) },
      { name: 'c', observation: observation({ account }) },
    ]);
    expect(united.account).toEqual({
      mode: 'fanotify',
      unreadable: 2,
      lost: 4,
      complete: false,
      notes: ['x'],
    });
  });
});
