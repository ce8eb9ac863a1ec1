import { plainRun } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { EngineInfo } from '../../ports/container-engine.ts';
import { limitNotes } from './limit-notes.ts';

const info: EngineInfo = {
  kind: 'embedded',
  name: 'here',
  version: '1',
  apiVersion: '1',
  architecture: 'amd64',
  kernel: '6.1',
  operatingSystem: 'linux',
  local: true,
};

test('a limit that was asked for and cannot be set is told, with the reason, and no other', () => {
  const unlimited = { memory: 'no controller', pids: 'no controller' };
  expect(limitNotes({ ...info, unlimited }, { ...plainRun, memoryBytes: 1, cpus: 1 })).toEqual([
    'the limit of memory was not set: no controller',
  ]);
  expect(limitNotes({ ...info, unlimited }, plainRun)).toEqual([]);
  expect(limitNotes(info, { ...plainRun, memoryBytes: 1 })).toEqual([]);
});
