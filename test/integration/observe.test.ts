import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, type ImageConfig } from '@pare/oci';
import { locateSensor } from '@pare/sensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Exercise } from '../../packages/pare/src/model/observation.ts';
import type { Probe, RunOptions, Scenario } from '../../packages/pare/src/model/scenario.ts';
import { findUser } from '../../packages/pare/src/observe/container/find-user.ts';
import { exercise } from '../../packages/pare/src/observe/exercise.ts';
import { observe } from '../../packages/pare/src/observe/observe.ts';
import type { ContainerEngine } from '../../packages/pare/src/ports/container-engine.ts';
import type { Progress } from '../../packages/pare/src/ports/progress.ts';
import { compareExercises } from '../../packages/pare/src/verify/compare.ts';
import { plainRun, type RealEngine, realEngine, testBase } from '../../packages/testkit/src/index.ts';

const label = `pare-observe-test-${process.pid}`;
const images: string[] = [];
const { signal } = new AbortController();
let real: RealEngine;
let engine: ContainerEngine;
let directory = '';

const notes: string[] = [];
const progress: Progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: (message) => void notes.push(message),
  warn: (message) => void notes.push(message),
};

const run: RunOptions = {
  network: label,
  ...plainRun,
};
const crawl: readonly Probe[] = [
  { kind: 'http', method: 'GET', path: '/', headers: {} },
  { kind: 'crawl', path: '/', maxDepth: 3, maxPages: 100 },
];

function scenarioOf(overrides: Partial<Scenario> = {}): Scenario {
  return {
    run,
    probes: crawl,
    ports: [],
    continueAfter: 'probe',
    readinessTimeoutMs: 20_000,
    observeMs: 5000,
    probeTimeoutMs: 10_000,
    ...overrides,
  };
}

/** Builds a small image on the debootstrap base; gives its name. */
function build(name: string, dockerfile: string, files: Readonly<Record<string, string>> = {}): string {
  const context = mkdtempSync(join(directory, 'context-'));
  for (const [path, content] of Object.entries(files)) writeFileSync(join(context, path), content);
  writeFileSync(join(context, 'Dockerfile'), `FROM ${testBase()}\n${dockerfile}`);
  const tag = `${label}:${name}`;
  execFileSync('docker', ['build', '-q', '--network', 'host', '--label', label, '-t', tag, context], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  images.push(tag);
  return tag;
}

async function inputFor(tag: string, scenario: Scenario) {
  const image = await engine.inspectImage(tag);
  await using opened = await engine.openImage(tag);
  const config: ImageConfig = opened.config;
  const user = await findUser(opened, scenario.run, signal);
  return {
    engine,
    image,
    config,
    user,
    scenario,
    sensor: locateSensor('amd64'),
    temporaryDirectory: hostPath(directory),
    progress,
    signal,
  };
}

async function observeAndExercise(tag: string, scenario: Scenario) {
  const input = await inputFor(tag, scenario);
  const started = performance.now();
  const fat = await observe(input);
  const observedMs = Math.round(performance.now() - started);
  const again = performance.now();
  const plain = await exercise({ ...input, image: input.image.id, expectPorts: fat.listening });
  const exercisedMs = Math.round(performance.now() - again);
  console.log(
    `${tag}: observe ${observedMs} ms (${stages(fat)}); exercise ${exercisedMs} ms (${stages(plain)})`,
  );
  return { fat, plain };
}

function stages(one: Exercise): string {
  return (one.timings ?? []).map(({ stage, elapsedMs }) => `${stage} ${elapsedMs}`).join(', ');
}

async function ownContainers(): Promise<number> {
  return (await engine.listOwned()).containers.filter(({ run: owner }) => owner === real.runId).length;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-observe-test-'));
  execFileSync('docker', ['network', 'create', '--label', label, label]);
  real = await realEngine(signal);
  engine = real.engine;
});

afterAll(async () => {
  await real[Symbol.asyncDispose]();
  execFileSync('docker', ['network', 'rm', label], { stdio: 'ignore' });
  for (const image of images) execFileSync('docker', ['rmi', '-f', image], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
});

describe('observing nginx', () => {
  let tag = '';
  beforeAll(() => {
    tag = build(
      'nginx',
      `RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/*
COPY index.html style.css /var/www/html/
EXPOSE 80 443
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
`,
      {
        'index.html': '<link rel=stylesheet href=style.css><a href="/missing">m</a>',
        'style.css': 'body { margin: 0 }',
      },
    );
  });

  test('sees what it uses, its answers and its graceful end', async () => {
    const { fat, plain } = await observeAndExercise(tag, scenarioOf());
    expect(
      fat.answers.map((answer) => (answer.kind === 'http' ? [answer.url, answer.status] : answer)),
    ).toEqual([
      ['http://localhost/', 200],
      ['http://localhost/style.css', 200],
      ['http://localhost/missing', 404],
    ]);
    expect(fat.account).toMatchObject({ mode: 'notify', lost: 0, unreadable: 0, complete: true });
    expect(fat.listening).toEqual([80]);
    expect(fat.exitCode).toBe(0);
    const uses = new Map<string, (typeof fat.files)[number]>(fat.files.map((use) => [use.path, use]));
    expect(uses.get('/etc/nginx/nginx.conf')).toMatchObject({
      phase: 'start-up',
      existed: true,
      probe: undefined,
    });
    expect(uses.get('/var/www/html/style.css')).toMatchObject({ phase: 'serving', probe: 1 });
    expect(uses.get('/var/www/html/missing')).toMatchObject({ existed: false });
    expect(fat.processes[0]).toMatchObject({
      executable: '/usr/sbin/nginx',
      argv: ['nginx', '-g', 'daemon off;'],
    });
    expect(fat.syscalls.map(({ name }) => name)).toContain('listen');
    expect(fat.sockets).toContainEqual(expect.objectContaining({ operation: 'listen', port: 80 }));
    expect(compareExercises(fat, plain)).toMatchObject({ passed: true, compared: 3 });
    expect(await ownContainers()).toBe(0);
  });
});

describe('observing a python server', () => {
  const server = `import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/fail': self.send_response(500)
        else: self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.end_headers()
        self.wfile.write(f'{os.getuid()} {os.getgroups()} {os.environ["HOME"]} {time.time()}'.encode())
    def log_message(self, *a): pass
mode = sys.argv[1]
if mode == 'crash': sys.exit('no database')
if mode == 'tool': print('usage'); sys.exit(0)
address = '127.0.0.1' if mode == 'loopback' else ''
port = 9000
if mode == 'late': time.sleep(0.5)
if mode == 'failing': Handler.do_GET = lambda self: self.send_error(500, 'no table')
http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()
`;
  let tag = '';
  beforeAll(() => {
    tag = build(
      'python',
      `RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
RUN useradd -m -d /home/app -G audio app
COPY server.py /server.py
USER app
EXPOSE 9000
ENTRYPOINT ["python3", "/server.py"]
CMD ["serve"]
`,
      { 'server.py': server },
    );
  });

  test('runs it as its user with its groups and home, and probes HTTP on port 9000', async () => {
    const { fat, plain } = await observeAndExercise(tag, scenarioOf());
    expect(fat.answers).toMatchObject([
      { status: 200, bodyText: expect.stringMatching(/^1000 \[29, 1000\] \/home\/app /) },
    ]);
    expect(plain.answers).toMatchObject([
      { status: 200, bodyText: expect.stringMatching(/^1000 \[29, 1000\] \/home\/app /) },
    ]);
    expect(fat.answers).toMatchObject([{ varies: ['body'] }]);
    expect(compareExercises(fat, plain).passed).toBe(true);
    // It has no handler for SIGTERM: it is killed at once.
    expect(fat.timings?.find(({ stage }) => stage === 'stop')?.elapsedMs).toBeLessThan(500);
    expect(fat.exitCode).toBeUndefined();
  });

  test('runs commands and the health check beside it, under the sensor too', async () => {
    const probes: readonly Probe[] = [
      ...crawl,
      { kind: 'exec', command: 'id -un; cat /etc/debian_version' },
      { kind: 'exec', command: ['false'] },
    ];
    const { fat, plain } = await observeAndExercise(tag, scenarioOf({ probes, continueAfter: 'exec' }));
    expect(fat.answers.slice(1)).toMatchObject([
      { kind: 'exec', exitCode: 0, stdout: expect.stringMatching(/^app\n12/) },
      { kind: 'exec', command: 'false', exitCode: 1 },
    ]);
    // The crawl found no page that was not asked before: it is no probe of its own.
    expect(fat.probes).toHaveLength(3);
    expect(fat.probes?.[1]).toContain('id -un');
    expect(fat.files).toContainEqual(
      expect.objectContaining({ path: '/etc/debian_version', existed: true, probe: 1 }),
    );
    expect(fat.files).toContainEqual(
      expect.objectContaining({ path: '/usr/bin/false', accesses: expect.arrayContaining(['execute']) }),
    );
    expect(compareExercises(fat, plain)).toMatchObject({ passed: true, compared: 3 });
  });

  test('runs the commands of a tool in containers of their own', async () => {
    const probes: readonly Probe[] = [
      { kind: 'exec', command: 'echo hello' },
      { kind: 'exec', command: ['python3', '-c', 'import sys; sys.exit(3)'] },
      { kind: 'exec', command: ['/nope'] },
    ];
    const input = await inputFor(tag, scenarioOf({ probes, run: { ...run, command: ['tool'] } }));
    const config = { ...input.config, config: { ...input.config.config, ExposedPorts: {} } };
    const fat = await observe({ ...input, config });
    const plain = await exercise({ ...input, config, image: input.image.id });
    expect(fat.answers).toMatchObject([
      { kind: 'exit', exitCode: 0, stdout: 'usage\n' },
      { kind: 'exec', exitCode: 0, stdout: 'hello\n' },
      { kind: 'exec', exitCode: 3 },
      { kind: 'exec', exitCode: 127 },
    ]);
    expect(fat.files).toContainEqual(expect.objectContaining({ path: '/bin/sh', probe: 0 }));
    expect(compareExercises(fat, plain).differences.filter(({ probe }) => probe !== '/nope')).toEqual([]);
    expect(await ownContainers()).toBe(0);
  });

  test('publishes by itself what an image listens on and does not expose', async () => {
    const input = await inputFor(tag, scenarioOf());
    const config = { ...input.config, config: { ...input.config.config, ExposedPorts: {} } };
    const fat = await observe({ ...input, config });
    expect(fat.answers).toMatchObject([{ kind: 'http', port: 9000, status: 200 }]);
    expect(notes.join()).toContain('listens on 9000');
  });

  test.each([
    ['crash', { code: 'container-exited', details: ['no database'] }],
    ['loopback', { code: 'container-not-ready', hint: expect.stringContaining('127.0.0.1:9000 only') }],
    [
      'failing',
      { code: 'probe-failed', message: expect.stringContaining('answers 500 to GET http://localhost:9000/') },
    ],
  ])('fails on an application in mode %s and leaves nothing behind', async (mode, expected) => {
    const scenario = scenarioOf({ run: { ...run, command: [mode] }, readinessTimeoutMs: 1500 });
    await expect(observe(await inputFor(tag, scenario))).rejects.toMatchObject(expected);
    expect(await ownContainers()).toBe(0);
  });

  test('says which port to expose when it listens on another one', async () => {
    const scenario = scenarioOf({ ports: [3000], readinessTimeoutMs: 1000 });
    await expect(observe(await inputFor(tag, scenario))).rejects.toMatchObject({
      code: 'container-not-ready',
      hint: expect.stringContaining('pass --expose 9000'),
    });
  });

  test('an untraced run that fails is a result', async () => {
    const input = await inputFor(tag, scenarioOf({ run: { ...run, entrypoint: ['/missing'] } }));
    const result = await exercise({ ...input, image: input.image.id });
    expect(result.failure).toMatchObject({
      code: 'container-exited',
      message: expect.stringContaining('/missing'),
    });
    expect(await ownContainers()).toBe(0);
  });

  test('leaves nothing behind when it is aborted', async () => {
    const controller = new AbortController();
    const input = await inputFor(tag, scenarioOf({ run: { ...run, command: ['late'] } }));
    const observing = observe({ ...input, signal: controller.signal });
    const stopped = new Error('enough');
    setTimeout(() => controller.abort(stopped), 600);
    await expect(observing).rejects.toThrow('enough');
    expect(await ownContainers()).toBe(0);
  });
});
