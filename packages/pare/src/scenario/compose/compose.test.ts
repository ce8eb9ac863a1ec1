// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested
import { describe, expect, test } from 'vitest';
import { PareError } from '../../model/pare-error.ts';
import { interpolate } from './interpolate.ts';
import { type ComposeContext, parseCompose } from './parse-compose.ts';

const context: ComposeContext = {
  variables: { TAG: '15', EMPTY: '' },
  services: undefined,
  directory: '/project/app',
  privateVolume: (name) => `own-${name}`,
  readEnvironment: async (path) => (path === 'there.env' ? ['FROM_FILE=1'] : undefined),
  expand: (variable) => (variable.includes('=') ? [variable] : []),
};
const parse = (text: string, over: Partial<ComposeContext> = {}) =>
  parseCompose(text, 'compose.yaml', { ...context, ...over });

async function refusal(text: string, over: Partial<ComposeContext> = {}): Promise<string> {
  const error = await parse(text, over).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'usage' });
  return error instanceof PareError ? error.message : '';
}

describe('a compose file', () => {
  test('gives the wanted service, and what it depends on, as dependencies', async () => {
    const found = await parse(
      `
x-common: &common { restart: always, x-own: 1 }
services:
  web: { image: web, depends_on: [db] }
  db:
    <<: *common
    image: postgres:\${TAG}
    container_name: main-db
    environment: { PASSWORD: secret, PORT: 5432, PASSED: }
    env_file: there.env
    command: postgres -c "log_line_prefix=%m x"
    ports: ['127.0.0.1:15432:5432', 5433]
    volumes: ['data:/var/lib/data', './init:/init:ro', '/scratch', { type: tmpfs, target: /t }, { type: volume, source: ext, target: /e, read_only: true }]
    depends_on: { seed: { condition: service_completed_successfully } }
    healthcheck: { test: pg_isready, interval: 5s, retries: 30 }
    networks: { back: { aliases: [database] }, other: }
    shm_size: 128m
    read_only: true
  seed: { image: seed, healthcheck: { disable: true } }
  other: { image: other }
volumes: { data: , ext: { external: true, name: really } }
`,
      { services: ['db'] },
    );
    expect(found.map(({ name, untilExit }) => [name, untilExit])).toEqual([
      ['db', false],
      ['seed', true],
    ]);
    expect(found[0]).toEqual({
      name: 'db',
      aliases: ['main-db', 'database'],
      image: 'postgres:15',
      readiness: { kind: 'exec', command: 'pg_isready' },
      readinessTimeoutMs: 150_000,
      after: ['seed'],
      untilExit: false,
      run: {
        env: ['FROM_FILE=1', 'PASSWORD=secret', 'PORT=5432'],
        volumes: ['own-data:/var/lib/data', '/project/app/init:/init:ro', '/scratch', 'really:/e:ro'],
        mounts: [],
        volumesFrom: [],
        links: [],
        publish: ['127.0.0.1:15432:5432'],
        expose: ['5433'],
        publishAll: false,
        addHosts: [],
        command: ['postgres', '-c', 'log_line_prefix=%m x'],
        shmSizeBytes: 128 * 1024 * 1024,
        readOnly: true,
        tmpfs: ['/t'],
      },
    });
  });

  test.each([
    ['services: { a: { build: . } }', 'compose.yaml:1:13: services.a: is built and not pulled'],
    ['services: { a: { image: x, privileged: true } }', 'services.a.privileged: is no key that Pare knows'],
    ['services: { a: { image: x, extends: b } }', 'services.a.extends: is no key that Pare knows'],
    ['include: [b.yaml]\nservices: {}', 'include: is no key that Pare knows'],
    [
      'services: { a: { image: x, volumes: [data:/d] } }',
      'services.a.volumes[0]: data is not declared under volumes',
    ],
    ['services: { a: { image: x, volumes: [~/d:/d] } }', 'write the path without ~'],
    [
      'services: { a: { image: x, env_file: gone.env } }',
      'services.a.env_file[0]: there is no file gone.env',
    ],
    [`services: { a: { image: '\${NONE:?say which}' } }`, 'services.a.image: NONE is not set: say which'],
    ['services: { a: { image: x, depends_on: { b: { condition: lucky } } } }', 'condition: expected'],
    ['services: [a]', 'services.0: expected a mapping'],
    ['', 'expected a mapping, got nothing'],
  ])('that says %j is refused by key', async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  test('that lacks a wanted service is refused', async () => {
    expect(await refusal('services: { a: { image: x } }', { services: ['b'] })).toContain('has no service b');
  });
});

describe('interpolate', () => {
  const variables = { A: 'a', EMPTY: '' };
  test.each([
    ['$A-$A', 'a-a'],
    ['${A}b', 'ab'],
    ['$$A', '$A'],
    ['$NONE.', '.'],
    ['${NONE:-x}${NONE-y}', 'xy'],
    ['${EMPTY:-x}${EMPTY-y}', 'x'],
    ['${A:+x}${EMPTY:+y}${EMPTY+z}', 'xz'],
    ['100$', '100$'],
  ])('makes %j into %j', (text, expected) => {
    expect(interpolate(text, variables)).toBe(expected);
  });

  test.each([
    ['${NONE:?no}', 'NONE is not set: no'],
    ['${EMPTY:?}', 'EMPTY is not set'],
    ['${1}', 'is no variable'],
    ['${A', 'is not closed'],
    ['${A:-${B}}', 'nests another'],
  ])('refuses %j', (text, message) => {
    expect(() => interpolate(text, variables)).toThrow(message);
  });
});
