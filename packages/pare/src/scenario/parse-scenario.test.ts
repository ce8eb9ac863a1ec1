import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PareError } from '../model/pare-error.ts';
import { type Outside, parseScenarioFile } from './parse-scenario.ts';
import { runForm } from './run-form.ts';

const outside: Outside = {
  directory: '/project/app',
  readEnvironment: async (path) => [`FROM=${path}`],
  readCompose: async () => [],
  expand: (variable) => (variable.includes('=') ? [variable] : [`${variable}=yours`]),
};

const parse = (text: string) => parseScenarioFile(text, 'pare.yaml', outside);

async function refusal(text: string): Promise<string> {
  const error = await parse(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PareError);
  expect(error).toMatchObject({ code: 'usage' });
  return error instanceof PareError ? error.message : '';
}

describe('a scenario file', () => {
  test('has run options in the words of docker', async () => {
    const { run } = await parse(`
version: 1
run:
  env: { A: 1, B: x, C: }
  envFile: one.env
  ports: [8080, '9000:90', 53/udp]
  volumes: [./data:/data, cache:/cache, /srv]
  command: server --name "two words"
  user: 1000
  shmSize: 64m
  tmpfs: /tmp
  hostname: ''
`);
    expect(run).toEqual({
      env: ['FROM=one.env', 'A=1', 'B=x', 'C=yours'],
      volumes: ['/project/app/data:/data', 'cache:/cache', '/srv'],
      mounts: [],
      volumesFrom: [],
      links: [],
      publish: ['9000:90'],
      expose: ['8080', '53/udp'],
      publishAll: false,
      addHosts: [],
      user: '1000',
      command: ['server', '--name', 'two words'],
      shmSizeBytes: 64 * 1024 * 1024,
      tmpfs: ['/tmp'],
    });
  });

  test('has probes in a short and a long form', async () => {
    const { probes } = await parse(`
version: 1
probes:
  - http: /health
  - http: { path: /login, method: post, body: { user: ada }, expect: { headers: { Location: ^/home } } }
  - crawl: /
  - exec: tool --version
  - exec: [tool, --version]
  - tcp: 6379
  - websocket: /ws
  - grpc: { port: 1, calls: [{ method: /a.B/C }] }
  - openapi: { file: api.yaml }
  - host: npm test
`);
    expect(probes).toEqual([
      { kind: 'http', method: 'GET', path: '/health', headers: {} },
      {
        kind: 'http',
        method: 'POST',
        path: '/login',
        headers: {},
        body: '{"user":"ada"}',
        expect: { headers: { location: '^/home' } },
      },
      { kind: 'crawl', path: '/', maxPages: 100, maxDepth: 3 },
      { kind: 'exec', command: 'tool --version' },
      { kind: 'exec', command: ['tool', '--version'] },
      { kind: 'tcp', port: 6379, tls: false, send: '' },
      {
        kind: 'websocket',
        path: '/ws',
        tls: false,
        headers: {},
        protocols: [],
        send: [],
        expect: [],
      },
      { kind: 'grpc', port: 1, tls: false, calls: [{ method: 'a.B/C', requests: [{}], maxMessages: 10 }] },
      { kind: 'openapi', source: { kind: 'file', file: '/project/app/api.yaml' } },
      {
        kind: 'host',
        command: 'npm test',
        env: {},
        workdir: '/project/app',
        timeoutMs: 600_000,
        expect: { exitCode: 0 },
      },
    ]);
  });

  test('starts dependencies after those that they wait for', async () => {
    const { dependencies } = await parse(`
version: 1
dependencies:
  web: { image: w, after: [db, cache], aliases: [www] }
  db: { image: d, readiness: { exec: pg_isready, timeout: 5s }, env: [P=1] }
  cache: { image: c, after: [db], untilExit: true }
`);
    expect(dependencies.map(({ name }) => name)).toEqual(['db', 'cache', 'web']);
    expect(dependencies[0]).toMatchObject({
      readiness: { kind: 'exec', command: 'pg_isready' },
      readinessTimeoutMs: 5000,
      run: { env: ['P=1'] },
      untilExit: false,
    });
  });

  test('has rules and further runs', async () => {
    const file = await parse(`
version: 1
runs: [{ name: migrate, run: { command: [migrate] } }]
keep: { include: [/etc/foo/**], packages: [tzdata], ecosystems: [npm] }
drop: { exclude: [/usr/share/**], packages: [perl] }
`);
    expect(file.runs).toMatchObject([{ name: 'migrate', run: { command: ['migrate'] }, probes: [] }]);
    expect(file.rules).toEqual({
      include: ['/etc/foo/**'],
      includePackages: ['tzdata'],
      includeEcosystems: ['npm'],
      exclude: ['/usr/share/**'],
      excludePackages: ['perl'],
    });
  });

  test('as the documentation writes it, with every key, is taken', async () => {
    const page = readFileSync(new URL('../../../../docs/scenarios.md', import.meta.url), 'utf8');
    const form = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
    const file = await parse(form);
    expect(new Set(file.probes?.map(({ kind }) => kind)).size).toBe(9);
    expect(file.dependencies.map(({ name }) => name)).toEqual(['cache', 'db']);
    const undocumented = Object.keys(runForm.entries).filter((key) => !form.includes(`  ${key}: `));
    expect(undocumented).toEqual([]);
  });

  test.each([
    ['', 'pare.yaml: expected a mapping, got nothing'],
    ['probes: []', 'pare.yaml:1:1: version: is missing'],
    ['version: 2', 'pare.yaml:1:1: version: expected 1, got 2'],
    ['version: 1\nrun:\n  envv: []', 'pare.yaml:3:3: run.envv: is no key that Pare knows'],
    ['version: 1\nrun: { env: [=x] }', 'pare.yaml:2:14: run.env[0]: must be NAME=value or NAME'],
    ['version: 1\nreadiness: { timeout: soon }', 'pare.yaml:2:14: readiness.timeout: must be seconds'],
    ['version: 1\nreadiness: { tcp: 1, log: x }', 'readiness: has tcp and log: give one of them'],
    ['version: 1\nreadiness: { tcp: 1, port: 2 }', 'readiness.port: goes with http alone'],
    ['version: 1\nprobes:\n  - http: { path: x }', 'pare.yaml:3:13: probes[0].http.path: must begin with /'],
    ['version: 1\nprobes:\n  - {}', 'pare.yaml:3:5: probes[0]: is empty'],
    [
      'version: 1\nprobes:\n  - { http: /, exec: a }',
      'probes[0]: has http and exec: a probe has one of them',
    ],
    [
      'version: 1\nprobes:\n  - http: { path: /, expect: { body: "(" } }',
      'expect.body: is no regular expression',
    ],
    ['version: 1\nprobes:\n  - openapi: {}', 'probes[0].openapi: needs either path or file'],
    ['version: 1\nprobes:\n  - tcp: { port: 70000 }', 'probes[0].tcp.port: must be a port from 1 to 65535'],
    ['version: 1\nprobes:\n  - host: [a]', 'probes[0].host: expected'],
    ['version: 1\ndependencies: { db: {} }', 'dependencies.db: needs an image'],
    ['version: 1\ndependencies: { db: { image: x, after: [y] } }', 'waits for y, which is no dependency'],
    [
      'version: 1\ndependencies: { a: { image: x, after: [b] }, b: { image: x, after: [a] } }',
      'waits for itself: a after b after a',
    ],
    ['version: 1\ndependencies: { "a b": { image: x } }', 'is no name for a container'],
    ['version: 1\nruns: [{ name: a }, { name: a }]', 'runs[1].name: a is the name of another run'],
    [
      'version: 1\nruns: [{ name: a, run: { user: x } }]',
      'runs[0].run.user: every run has the user of the first',
    ],
    ['version: 1\nkeep: { ecosystems: [cobol] }', 'keep.ecosystems[0]: expected'],
    ['version: 1\nkeep: []', 'keep: expected a mapping, got a list'],
    ['a: [', 'pare.yaml:1:5: '],
    ['a: 1\na: 2', 'pare.yaml:2:1: '],
  ])('that says %j is refused with file, line and key', async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  test('that grows by aliases is refused', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 12; n += 1) lines.push(`a${n}: &a${n} [${`*a${n - 1}, `.repeat(9)}*a${n - 1}]`);
    expect(await refusal(lines.join('\n'))).toContain('alias');
  });

  test('of any bytes is parsed or refused, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        await parse(`version: 1\n${text}`).catch((error: unknown) => expect(error).toBeInstanceOf(PareError));
      }),
    );
  });
});
