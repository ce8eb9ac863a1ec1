// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose files have them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { addKeepOptions, type KeepFlags, rulesFrom } from './keep-flags.ts';
import { parseProbeCommands } from './probe-command-file.ts';
import { addScenarioOptions, type ScenarioFlags, scenarioFrom } from './scenario-options.ts';

const directory = mkdtempSync(join(tmpdir(), 'pare-options-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function scenario(...words: readonly string[]) {
  const command = addScenarioOptions(new Command()).exitOverride();
  command.parse([...words], { from: 'user' });
  return scenarioFrom(command.opts<ScenarioFlags>(), { HOME: '/home/ada' });
}

describe('scenarioFrom', () => {
  test('tries the front page and what it links to where nobody says otherwise', async () => {
    expect(await scenario()).toMatchObject({
      probes: [
        { kind: 'http', path: '/' },
        { kind: 'crawl', maxDepth: 3, maxPages: 100 },
      ],
      continueAfter: 'probe',
      readinessTimeoutMs: 60_000,
      probeTimeoutMs: 20_000,
    });
    expect((await scenario('--http-probe-off')).probes).toEqual([]);
    expect((await scenario('--exec', 'a')).continueAfter).toBe('exec');
  });

  test('adds the options to a file: lists after its own, single values over them', async () => {
    const path = file(
      'one.yaml',
      `version: 1
run: { env: [A=1], user: app, ports: [80] }
readiness: { tcp: 80, timeout: 5s }
probes: [{ http: /health }]
dependencies: { db: { image: d } }
runs: [{ name: migrate, run: { command: [m], env: [B=2] } }]
`,
    );
    const found = await scenario(
      '--scenario',
      path,
      '-e',
      'A=2',
      '-e',
      'HOME',
      '-u',
      'root',
      '--exec',
      'x',
      '--read-only',
    );
    expect(found).toMatchObject({
      run: { env: ['A=1', 'A=2', 'HOME=/home/ada'], user: 'root', expose: ['80'], readOnly: true },
      readiness: { kind: 'tcp', port: 80 },
      readinessTimeoutMs: 5000,
      probes: [
        { kind: 'http', path: '/health' },
        { kind: 'exec', command: 'x' },
      ],
    });
    expect(found.runs).toMatchObject([
      {
        name: 'migrate',
        scenario: {
          run: { env: ['A=1', 'A=2', 'HOME=/home/ada', 'B=2'], command: ['m'], expose: [], user: 'root' },
          probes: [],
          withoutPorts: true,
          dependencies: [{ name: 'db' }],
        },
      },
    ]);
    expect(found.runs?.[0]?.scenario).not.toHaveProperty('readiness');
    expect((await scenario('--scenario', path, '--ready-timeout', '9s')).readinessTimeoutMs).toBe(9000);
  });

  test('takes what docker-slim and mint have', async () => {
    const commands = file(
      'probes.json',
      '{"commands":[{"method":"post","resource":"/login","body":"x","port":80}]}',
    );
    const script = file('run.sh', 'tool --version\n');
    const { probes, ports } = await scenario(
      ...[
        '--http-probe-off',
        '--http-probe-cmd-file',
        commands,
        '--exec-file',
        script,
        '--host-exec',
        'npm test',
      ],
      ...['--http-probe-apispec', '/openapi.json', '--http-probe-ports', '80, 81'],
    );
    expect(ports).toEqual([80, 81]);
    expect(probes).toMatchObject([
      { kind: 'http', method: 'POST', path: '/login', body: 'x', port: 80 },
      { kind: 'openapi', source: { kind: 'path', path: '/openapi.json' } },
      { kind: 'exec', command: 'tool --version\n' },
      { kind: 'host', command: 'npm test', expect: { exitCode: 0 } },
    ]);
  });

  test('starts services of a compose file, with its variables from .env beside it', async () => {
    file('.env', 'TAG="7"\n');
    const compose = file(
      'compose.yaml',
      'services: { a: { image: "x:${TAG}" }, b: { image: y }, c: { image: z, depends_on: [b] } }',
    );
    const found = await scenario(
      '--compose-file',
      compose,
      '--dep-include-compose-svc',
      'c',
      '--dep-include-compose-svc',
      'a',
    );
    expect(found.dependencies?.map(({ image }) => image)).toEqual(['x:7', 'y', 'z']);
  });

  test.each([
    [['--scenario', '/nowhere/pare.yaml'], 'the scenario cannot be read'],
    [['--compose-file', '/nowhere/compose.yaml'], 'the compose file cannot be read'],
    [['--compose-profile', 'debug'], '--compose-profile debug needs --compose-file'],
    [['--exec-file', '/nowhere/x'], '--exec-file /nowhere/x'],
    [['--continue-after', 'lunch'], 'not an event'],
  ])('refuses %j', async (words, message) => {
    await expect(scenario(...words)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
  });
});

describe('rulesFrom', () => {
  const rules = (...words: readonly string[]) => {
    const command = addKeepOptions(new Command()).exitOverride();
    command.parse([...words], { from: 'user' });
    return rulesFrom(command.opts<KeepFlags>());
  };

  test('is what the flags say', async () => {
    const paths = file('paths', '# mine\n/etc/a\n\n/etc/b\n');
    expect(
      await rules(
        ...[
          '--include',
          '/x',
          '--include-path-file',
          paths,
          '--include-exe',
          'curl',
          '--preserve-path',
          '/y',
        ],
        ...[
          '--include-node-package',
          'left-pad',
          '--exclude-pattern',
          '/z',
          '--exclude-package',
          'perl',
          '--include-shell',
        ],
      ),
    ).toEqual({
      include: [
        '/x',
        '/y',
        '/etc/a',
        '/etc/b',
        '/{,usr/,usr/local/}{bin,sbin}/curl',
        '/{,usr/}bin/{sh,bash,dash,ash,busybox}',
      ],
      includePackages: ['npm:**/left-pad'],
      includeEcosystems: [],
      exclude: ['/z'],
      excludePackages: ['perl'],
    });
  });

  test('refuses a list that is not there', async () => {
    await expect(rules('--include-path-file', '/nowhere')).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('parseProbeCommands', () => {
  const parse = (text: string) => parseProbeCommands(text, 'probes.json', async (path) => `read ${path}`);

  test('has headers, credentials and bodies', async () => {
    const commands = [
      { resource: '/a', headers: ['X-A: 1: 2', 'Accept:x'], username: 'ada', password: 'p' },
      { method: 'PUT', body_file: 'b.txt' },
      { crawl: true, resource: '/docs' },
    ];
    expect(await parse(JSON.stringify({ commands }))).toEqual([
      {
        kind: 'http',
        method: 'GET',
        path: '/a',
        headers: { authorization: 'Basic YWRhOnA=', 'x-a': '1: 2', accept: 'x' },
      },
      { kind: 'http', method: 'PUT', path: '/', headers: {}, body: 'read b.txt' },
      { kind: 'crawl', path: '/docs', maxPages: 100, maxDepth: 3 },
    ]);
  });

  test.each(['', '{', '[]', '{"commands":[{"resource":"x"}]}', '{"commands":[{"headers":["no colon"]}]}'])(
    'refuses %j by file and key',
    async (text) => {
      await expect(parse(text)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('probes.json'),
      });
    },
  );
});
