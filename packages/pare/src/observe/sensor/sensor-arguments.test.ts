import { plainRun } from '@pare/testkit';
import { describe, expect, test } from 'vitest';
import type { EngineInfo } from '../../ports/container-engine.ts';
import type { SensorContext } from './sensor-arguments.ts';
import { sensorArguments, usualSensorOptions } from './sensor-arguments.ts';

const info: EngineInfo = {
  kind: 'docker',
  name: 'test',
  version: '20.10.24',
  apiVersion: '1.41',
  architecture: 'amd64',
  kernel: '6.1',
  operatingSystem: 'Debian',
  local: true,
};
const launch = {
  kind: 'run' as const,
  joinable: false,
  place: '/dev/.pare',
  record: 'application',
  detach: false,
  argv: ['nginx', '-g', 'daemon off;'],
};
const user = { uid: 33, gid: 33, groups: [33, 4], home: '/var/www' };

function words(context: Partial<SensorContext> = {}, detach = false): string {
  return sensorArguments(
    {
      engine: { info },
      config: {},
      scenario: { run: plainRun },
      user: undefined,
      options: usualSensorOptions,
      ...context,
    },
    { ...launch, detach },
  ).join(' ');
}

describe('sensorArguments', () => {
  test('runs root applications with the rights that Docker gives, and takes back what SYS_ADMIN brought', () => {
    expect(words()).toBe(
      '/dev/.pare/sensor run --record /dev/.pare/record/application --caps a80425fb --restore-docker-refusals --restore-docker-20-refusals -- nginx -g daemon off;',
    );
  });

  test('restores less of newer Docker releases and nothing of other engines', () => {
    expect(words({ engine: { info: { ...info, version: '28.2.2' } } })).not.toContain(
      '--restore-docker-20-refusals',
    );
    expect(words({ engine: { info: { ...info, kind: 'podman' } } })).not.toContain('restore');
    expect(words({ engine: { info: { ...info, kind: 'podman' } } })).toContain('--caps 800405fb');
  });

  test('becomes the user with its groups and home', () => {
    expect(words({ user })).toContain('--uid 33 --gid 33 --groups 33,4 --home /var/www');
  });

  test.each([{ config: { Env: ['HOME=/srv'] } }, { scenario: { run: { ...plainRun, env: ['HOME='] } } }])(
    'leaves a HOME that the environment sets: %j',
    (context) => {
      expect(words({ user, ...context })).not.toContain('--home');
    },
  );

  test('takes the mounts away before the directory that holds them', () => {
    expect(words({}, true)).toContain(
      '--detach /dev/.pare/record --detach /dev/.pare/sensor --detach /dev/.pare --',
    );
  });

  test('lets commands join, gives the other layout, and asks for nothing without privileges', () => {
    const context: SensorContext = {
      ...{ engine: { info }, config: {}, scenario: { run: plainRun }, user: undefined },
      options: { layout: 'sensor-first', privileges: 'none' },
    };
    const socket = '--socket /dev/.pare/record/join';
    const record = '--record /dev/.pare/record/application';
    expect(sensorArguments(context, { ...launch, joinable: true }).join(' ')).toBe(
      `/dev/.pare/sensor run ${record} ${socket} --sensor-first --no-new-privs -- nginx -g daemon off;`,
    );
    expect(sensorArguments(context, { ...launch, kind: 'join' }).join(' ')).toBe(
      `/dev/.pare/sensor join ${record} ${socket} --no-new-privs -- nginx -g daemon off;`,
    );
  });
});
