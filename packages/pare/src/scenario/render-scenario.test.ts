import type { RunConfig } from '@pare/oci';
import { describe, expect, test } from 'vitest';
import { parseScenarioFile } from './parse-scenario.ts';
import { renderFirstScenario } from './render-scenario.ts';

const outside = {
  directory: '/',
  readEnvironment: async () => [],
  readCompose: async () => [],
  expand: (variable: string) => [variable],
};

const images: readonly (readonly [string, RunConfig, readonly string[]])[] = [
  ['nothing', {}, ['http']],
  ['a tool', { Entrypoint: ['/usr/bin/convert "x"'] }, ['exec', 'exec']],
  [
    'a web server',
    { Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: { '80/tcp': {} } },
    ['http', 'crawl'],
  ],
  [
    'redis',
    { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['redis-server'], ExposedPorts: { '6379/tcp': {} } },
    ['tcp', 'tcp'],
  ],
  ['postgres', { Cmd: ['/usr/lib/postgresql/15/bin/postgres'], User: 'postgres' }, ['exec']],
  ['mariadb', { Cmd: ['mariadbd'] }, ['exec']],
  ['php-fpm', { Cmd: ['php-fpm8.2', '-F'] }, ['fastcgi']],
  ['rabbitmq', { Cmd: ['rabbitmq-server'] }, ['exec']],
  ['memcached', { Cmd: ['memcached'], ExposedPorts: { '11211/tcp': {}, '53/udp': {} } }, ['tcp']],
  [
    'hostile texts',
    { Cmd: ['a\n# b: "c"', "'"], User: '"\n', Env: ['X\nY: 1=2', 'PATH=/bin'], ExposedPorts: { 'x\ny': {} } },
    ['exec', 'exec'],
  ],
];

describe('renderFirstScenario', () => {
  test.each(images)('is valid for an image of %s', async (_, config, kinds) => {
    const text = renderFirstScenario('my/app', config);
    const { probes } = await parseScenarioFile(text, 'pare.yaml', outside);
    expect(probes?.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('is valid with its examples taken for true', async () => {
    const text = renderFirstScenario(undefined, {
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD', 'x'] },
    });
    const uncommented = text
      .split('\n')
      .map((line) => line.replace(/^(\s*)# (?=( {2})?(- |\w+: [[{']|\w+:$))/, '$1'))
      .join('\n');
    const file = await parseScenarioFile(uncommented, 'pare.yaml', outside);
    expect(file.probes?.map(({ kind }) => kind)).toEqual([
      'http',
      'crawl',
      'http',
      'openapi',
      'websocket',
      'grpc',
      'exec',
      'host',
    ]);
    expect(file.dependencies.map(({ name }) => name)).toEqual(['db']);
    expect(file.runs.map(({ name }) => name)).toEqual(['migrate']);
    expect(file.readiness).toEqual({ kind: 'http', path: '/health', port: 80 });
    expect(file.rules.includePackages).toEqual(['tzdata']);
  });

  test('says what the image exposes, runs and sets', () => {
    const text = renderFirstScenario('my/app', {
      Cmd: ['node', 'server.js'],
      User: 'app',
      Env: ['PATH=/bin', 'SECRET=x'],
      ExposedPorts: { '3000/tcp': {} },
    });
    expect(text).toContain('exposes 3000;');
    expect(text).toContain('runs ["node","server.js"] as "app".');
    expect(text).toContain('It looks like Node.js');
    expect(text).toContain('sets ["SECRET"].');
    expect(text).not.toContain('SECRET=x');
  });
});
