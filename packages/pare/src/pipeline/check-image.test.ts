import type { ImageConfig, RunConfig } from '@pare/oci';
import { plainRun } from '@pare/testkit';
import { describe, expect, test } from 'vitest';
import type { Probe, Scenario } from '../model/scenario.ts';
import type { EngineInfo } from '../ports/container-engine.ts';
import { checkArchitecture, checkCommand } from './check-image.ts';

const engine: EngineInfo = {
  kind: 'docker',
  name: 'docker',
  version: '1',
  apiVersion: '1.41',
  architecture: 'amd64',
  kernel: '6',
  operatingSystem: 'linux',
  local: true,
};

function configOf(config: RunConfig): ImageConfig {
  return {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
}

function scenarioOf(probes: readonly Probe[] = [], run: Partial<Scenario['run']> = {}): Scenario {
  return {
    run: {
      ...plainRun,
      ...run,
    },
    probes,
    ports: [],
    continueAfter: 'probe',
    readinessTimeoutMs: 1,
    observeMs: 1,
    probeTimeoutMs: 1,
  };
}

describe('checkArchitecture', () => {
  const facts = { id: 'sha256:0' as const, tags: [], os: 'linux', sizeBytes: 0 };

  test("takes an image of the engine's architecture", () => {
    expect(() => checkArchitecture({ ...facts, architecture: 'amd64' }, engine, 'app')).not.toThrow();
  });

  test.each([
    { ...facts, architecture: 'arm64' },
    { ...facts, architecture: 'amd64', os: 'windows' },
  ])('refuses an image for $os/$architecture', (foreign) => {
    expect(() => checkArchitecture(foreign, engine, 'app')).toThrow(
      expect.objectContaining({ code: 'image-foreign-architecture' }),
    );
  });
});

describe('checkCommand', () => {
  const check = (config: RunConfig, scenario = scenarioOf(), force = false) =>
    checkCommand(configOf(config), scenario, 'app', force);

  test.each([
    { Cmd: ['nginx'] },
    { Entrypoint: ['/bin/sh', '/start.sh'] },
    { Cmd: ['/bin/sh', '-c', 'exec app'] },
    { Cmd: ['bash', '-ec', 'exec app'] },
  ])('takes $Entrypoint $Cmd', (config) => {
    expect(() => check(config)).not.toThrow();
  });

  test.each([{ Cmd: ['/bin/bash'] }, { Entrypoint: ['sh', '-l'] }, { Cmd: ['/bin/busybox'] }])(
    'refuses the bare shell $Entrypoint $Cmd',
    (config) => {
      expect(() => check(config)).toThrow(expect.objectContaining({ code: 'image-is-a-shell' }));
    },
  );

  test('takes a bare shell when forced, or when commands are given to run', () => {
    expect(() => check({ Cmd: ['bash'] }, scenarioOf(), true)).not.toThrow();
    expect(() => check({ Cmd: ['bash'] }, scenarioOf([{ kind: 'exec', command: 'tool' }]))).not.toThrow();
  });

  test('refuses an image that runs nothing, and takes it with a command of the run', () => {
    expect(() => check({})).toThrow(expect.objectContaining({ code: 'image-without-command' }));
    expect(() => check({}, scenarioOf([], { command: ['app'] }))).not.toThrow();
  });
});
