// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are what is tested
import { describe, expect, test } from 'vitest';
import { PareError } from '../../model/pare-error.ts';
import { interpolate } from './interpolate.ts';
import { type ComposeContext, parseCompose } from './parse-compose.ts';

/** Further files of the project, by absolute path. */
type Files = Readonly<Record<string, string>>;

const contextOf = (files: Files): ComposeContext => ({
  variables: { TAG: '15', EMPTY: '', TOKEN: 'abc' },
  services: undefined,
  profiles: [],
  readFile: async (path) => {
    const text = files[path];
    if (text !== undefined) return text;
    const cause = new Error('ENOENT');
    throw new PareError('usage', `${path}: the compose file cannot be read: ENOENT`, { cause });
  },
  readVariables: async (path) => (path === '/project/parts/.env' ? { PART: 'own', TAG: 'not this' } : {}),
  privateVolume: (name) => `own-${name}`,
  readEnvironment: async (path) => (path.endsWith('/there.env') ? [`FROM_FILE=${path}`] : undefined),
  expand: (variable) => (variable.includes('=') ? [variable] : []),
});
const parse = (text: string, over: Partial<ComposeContext> = {}, files: Files = {}) =>
  parseCompose('/project/app/compose.yaml', 'compose.yaml', {
    ...contextOf({ '/project/app/compose.yaml': text, ...files }),
    ...over,
  });

async function refusal(text: string, over: Partial<ComposeContext> = {}, files: Files = {}): Promise<string> {
  const error = await parse(text, over, files).then(
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
        env: ['FROM_FILE=/project/app/there.env', 'PASSWORD=secret', 'PORT=5432'],
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
    ['services: { a: { image: x, extends: b } }', 'services.a.extends: compose.yaml has no service b'],
    [
      'services: { a: { image: x, extends: { file: gone.yaml, service: b } } }',
      'compose.yaml:1:28: services.a.extends: /project/app/gone.yaml: the compose file cannot be read',
    ],
    ['services: { a: { extends: b }, b: { extends: a } }', 'services.a.extends: b leads to a again'],
    ['include: [gone.yaml]', 'include[0]: /project/app/gone.yaml: the compose file cannot be read'],
    ['include: [compose.yaml]', 'include[0]: compose.yaml leads to itself'],
    ['include: ["oci://registry/project"]', 'oci://registry/project is no file of this machine'],
    ['include: ["git@host:project"]', 'is no file of this machine'],
    ['services: { a: { image: x, secrets: [s] } }', 'services.a.secrets[0]: s is not declared under secrets'],
    [
      'services: { a: { image: x, secrets: [s] } }\nsecrets: { s: { external: true } }',
      'services.a.secrets[0]: s is external',
    ],
    [
      'services: { a: { image: x, configs: [c] } }\nconfigs: { c: { environment: NONE } }',
      'services.a.configs[0]: c is the variable NONE, which is not set',
    ],
    ['services: { a: { image: x, secrets: [{ from: s }] } }', 'services.a.secrets[0].source: is missing'],
    [
      'services: { a: { image: x, volumes: [data:/d] } }',
      'services.a.volumes[0]: data is not declared under volumes',
    ],
    ['services: { a: { image: x, volumes: [~/d:/d] } }', 'write the path without ~'],
    [
      'services: { a: { image: x, env_file: gone.env } }',
      'services.a.env_file[0]: there is no file /project/app/gone.env',
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

describe('a compose file of several', () => {
  const shared = `
services:
  base:
    image: postgres
    command: [postgres, -c, 'fsync=off']
    environment: { PASSWORD: base, ONLY: base }
    env_file: there.env
    volumes: ['./init:/init', 'data:/data']
    healthcheck: { test: pg_isready, interval: 5s }
    expose: [5432]
    depends_on: [seed]
  middle: { extends: base, environment: [PASSWORD=middle], user: app }
`;

  test('a service has what those that it extends say, under its own; their paths are those of their files', async () => {
    const [db] = await parse(
      `
services:
  db:
    extends: { file: ../parts/shared.yaml, service: middle }
    environment: { NEW: 1 }
    volumes: ['./other:/init:ro']
    healthcheck: { retries: 20 }
    expose: [5433]
    command: [postgres]
  seed: { image: seed }
volumes: { data: }
`,
      {},
      { '/project/parts/shared.yaml': shared },
    );
    expect(db).toMatchObject({
      name: 'db',
      image: 'postgres',
      after: ['seed'],
      readiness: { kind: 'exec', command: 'pg_isready' },
      readinessTimeoutMs: 100_000,
      run: {
        env: ['FROM_FILE=/project/parts/there.env', 'PASSWORD=middle', 'ONLY=base', 'NEW=1'],
        volumes: ['/project/app/other:/init:ro', 'own-data:/data'],
        expose: ['5432', '5433'],
        command: ['postgres'],
        user: 'app',
      },
    });
  });

  test('what it includes is of the project, with its own directory and environment', async () => {
    const found = await parse(
      'include: [../parts/db.yaml]\nservices: { web: { image: web, depends_on: [db], secrets: [key] } }',
      {},
      {
        '/project/parts/db.yaml': `
services: { db: { image: 'db:\${PART}-\${TAG}', volumes: ['./d:/d', 'kept:/k'] } }
volumes: { kept: }
secrets: { key: { file: key.txt } }
`,
      },
    );
    expect(found.map(({ image, run }) => [image, run.volumes])).toEqual([
      // What was set before wins over the file's own environment.
      ['db:own-15', ['/project/parts/d:/d', 'own-kept:/k']],
      ['web', ['/project/parts/key.txt:/run/secrets/key:ro']],
    ]);
  });

  test('an error in a file that was included names that file; a service that is there twice is refused', async () => {
    const include = 'include:\n  - { path: [a.yaml, b.yaml], project_directory: .. }';
    const files = { '/project/app/a.yaml': 'services: { a: { image: a } }' };
    const bad = 'services:\n  b: { image: b, privileged: true }';
    expect(await refusal(include, {}, { ...files, '/project/app/b.yaml': bad })).toContain(
      'b.yaml:2:18: services.b.privileged: is no key',
    );
    const twice = 'services: { a: { image: b } }';
    expect(await refusal(include, {}, { ...files, '/project/app/b.yaml': twice })).toContain(
      'include[0]: b.yaml has a service a too',
    );
  });

  test('files that lead to one another are refused', async () => {
    const files = { '/project/app/a.yaml': 'include: [compose.yaml]' };
    expect(await refusal('include: [a.yaml]', {}, files)).toContain(
      'a.yaml:1:11: include[0]: compose.yaml leads to itself',
    );
    const extending = 'services: { b: { extends: { file: compose.yaml, service: a } } }';
    expect(
      await refusal(
        'services: { a: { extends: { file: b.yaml, service: b } } }',
        {},
        { '/project/app/b.yaml': extending },
      ),
    ).toContain('again');
  });

  test('secrets and configs are files: mounted read-only, or written where they have none', async () => {
    const [only] = await parse(`
services:
  a:
    image: x
    secrets: [password, { source: token, target: /etc/token, mode: 0400 }]
    configs: [{ source: settings, target: app/settings.ini }, motd]
secrets: { password: { file: ./password.txt }, token: { environment: TOKEN }, unused: { external: true } }
configs: { settings: { file: /etc/settings.ini }, motd: { content: "hello \${TAG}\\n" } }
`);
    expect(only?.run.volumes).toEqual([
      '/project/app/password.txt:/run/secrets/password:ro',
      '/etc/settings.ini:/app/settings.ini:ro',
    ]);
    expect(only?.files).toEqual([
      { path: '/etc/token', content: 'abc' },
      { path: '/motd', content: 'hello 15\n' },
    ]);
  });

  test('a service whose end another one waits for is waited for, also where that one is not wanted', async () => {
    const text = `
services:
  web: { image: web, depends_on: { seed: { condition: service_completed_successfully } } }
  seed: { image: seed }
`;
    expect(await parse(text, { services: ['seed'] })).toMatchObject([{ name: 'seed', untilExit: true }]);
  });

  const profiled = `
services:
  web: { image: web, depends_on: { db: {}, trace: { required: false } } }
  db: { image: db }
  trace: { image: trace, profiles: [debug] }
  admin: { image: admin, profiles: [tools, debug], depends_on: [shell] }
  shell: { image: shell, profiles: [tools] }
`;
  test.each<[string, Partial<ComposeContext>, readonly string[]]>([
    ['those without a profile', {}, ['web', 'db']],
    ['those of a profile too', { profiles: ['debug'] }, ['web', 'db', 'trace', 'admin', 'shell']],
    ['all', { profiles: ['*'] }, ['web', 'db', 'trace', 'admin', 'shell']],
    [
      'one that is named, whatever its profile, and what it cannot do without',
      { services: ['admin'] },
      ['admin', 'shell'],
    ],
    ['one that is named, without what need not be there', { services: ['web'] }, ['web', 'db']],
  ])('profiles: starts %s', async (_, over, names) => {
    const found = await parse(profiled, over);
    expect(found.map(({ name }) => name)).toEqual(names);
    for (const { after } of found) for (const name of after) expect(names).toContain(name);
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
