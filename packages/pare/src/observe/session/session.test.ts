import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { ImageConfig } from '@pare/oci';
import { afterEach, describe, expect, test } from 'vitest';
import { type FakeContainerScript, fakeEngine, plainRun } from '../../../../testkit/src/index.ts';
import { PareError } from '../../model/pare-error.ts';
import type { Probe, Scenario } from '../../model/scenario.ts';
import type { Progress } from '../../ports/progress.ts';
import { exercise } from '../exercise.ts';

const servers: { close(): void }[] = [];
const said: string[] = [];
const progress: Progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: (message) => void said.push(message),
  warn: (message) => void said.push(message),
};

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  said.splice(0);
});

const crawl: readonly Probe[] = [
  { kind: 'http', method: 'GET', path: '/', headers: {} },
  { kind: 'crawl', path: '/', maxDepth: 3, maxPages: 20 },
];
const image = { configDigest: `sha256:${'0'.repeat(64)}` } as never;
const bytes = (text: string) => new TextEncoder().encode(text);

interface Setting {
  readonly scenario?: Partial<Scenario>;
  readonly config?: ImageConfig['config'];
  readonly script: (argv: readonly string[] | undefined, index: number) => FakeContainerScript;
  readonly signal?: AbortSignal;
  readonly askTwice?: boolean;
  readonly expectPorts?: readonly number[];
}

async function exerciseFake({ config, expectPorts, scenario, script, signal, askTwice }: Setting) {
  // A remote engine: what listens is found by connecting, so that the ports of this machine do not matter.
  const engine = fakeEngine({
    info: { local: false },
    images: { app: image },
    script: ({ argv }, index) => script(argv, index),
  });
  const imageConfig: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: config ?? { ExposedPorts: { '80/tcp': {} } },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const result = exercise({
    engine,
    image: 'app',
    config: imageConfig,
    scenario: {
      run: plainRun,
      probes: crawl,
      ports: [],
      continueAfter: 'probe',
      readinessTimeoutMs: 5000,
      observeMs: 300,
      probeTimeoutMs: 5000,
      ...scenario,
    },
    progress,
    signal: signal ?? new AbortController().signal,
    ...(askTwice === undefined ? {} : { askTwice }),
    ...(expectPorts === undefined ? {} : { expectPorts }),
  });
  const settled = await result.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  expect(engine.containers.size, 'containers left behind').toBe(0);
  return { ...settled, engine };
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function published(containerPort: number, listener: RequestListener) {
  const hostPort = await listen(createServer(listener));
  return { containerPort, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort };
}

const site: RequestListener = (request, response) => {
  response.setHeader('content-type', 'text/html');
  if (request.url === '/') response.end('<a href="/b"></a><a href="/a"></a><a href="http://elsewhere/"></a>');
  else if (request.url === '/a') response.end('<a href="/c">');
  else if (request.url === '/b') setTimeout(() => response.end('slow'), 30);
  else {
    response.statusCode = 404;
    response.end(`nothing at ${request.url}`);
  }
};

describe('a session with a server', () => {
  test('asks its pages in the order of the links, whatever came first, and stops it', async () => {
    const port = await published(80, site);
    const { value, engine } = await exerciseFake({ script: () => ({ ports: [port] }) });
    expect(
      value?.answers.map((answer) => (answer.kind === 'http' ? `${answer.url} ${answer.status}` : '')),
    ).toEqual([
      'http://localhost/ 200',
      'http://localhost/b 200',
      'http://localhost/a 200',
      'http://localhost/c 404',
    ]);
    expect(value).toMatchObject({ listening: [80], exitCode: 143 });
    expect(engine.created[0]?.journal).toEqual(['start', 'kill SIGTERM', 'dispose']);
    expect(engine.created[0]?.spec.publishLoopback).toEqual(['80/tcp']);
  });

  test('marks what varies from one asking to the next', async () => {
    let count = 0;
    const port = await published(80, (_, response) => {
      count += 1;
      response.end(`visitor ${count}`);
    });
    const { value } = await exerciseFake({ askTwice: true, script: () => ({ ports: [port] }) });
    expect(value?.answers).toMatchObject([{ bodyText: 'visitor 1', varies: ['body'] }]);
  });

  test('sends the requests of the scenario and records what fails', async () => {
    const port = await published(80, (request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else response.end(request.method);
    });
    const probes: readonly Probe[] = [
      { kind: 'http', method: 'POST', path: '/new', headers: {}, body: 'x' },
      { kind: 'http', method: 'GET', path: '/cut', headers: {} },
    ];
    const { value } = await exerciseFake({ scenario: { probes }, script: () => ({ ports: [port] }) });
    // The front page, by which it was found to speak HTTP, nobody asked for.
    expect(value?.answers).toMatchObject([
      { method: 'POST', bodyText: 'POST' },
      { kind: 'failed', probe: 'GET http://localhost/cut', port: 80 },
    ]);
  });

  test('passes over a port that speaks no HTTP, and says so', async () => {
    const web = await published(8080, site);
    const raw = createTcpServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end('-ERR\r\n')),
    );
    const other = {
      containerPort: 6379,
      protocol: 'tcp',
      hostAddress: '127.0.0.1',
      hostPort: await listen(raw),
    };
    const config = { ExposedPorts: { '6379/tcp': {}, '8080/tcp': {} } };
    const { value } = await exerciseFake({ config, script: () => ({ ports: [web, other] }) });
    expect(value?.answers[0]).toMatchObject({ url: 'http://localhost:8080/' });
    expect(said).toEqual([expect.stringContaining('port 6379 speaks neither HTTP nor HTTPS')]);
  });

  test('marks a request that was asked for and has no port that could answer it', async () => {
    const raw = createTcpServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end('-ERR\r\n')),
    );
    const port = {
      containerPort: 80,
      protocol: 'tcp',
      hostAddress: '127.0.0.1',
      hostPort: await listen(raw),
    };
    const probes: readonly Probe[] = [{ kind: 'http', method: 'GET', path: '/health', headers: {} }];
    const { value } = await exerciseFake({ scenario: { probes }, script: () => ({ ports: [port] }) });
    expect(value?.answers).toMatchObject([
      {
        kind: 'failed',
        probe: 'GET http://localhost/health',
        unmet: [expect.stringContaining('does not speak HTTP')],
      },
    ]);
  });

  test('runs commands and the health check in it', async () => {
    const port = await published(80, site);
    const config = {
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD-SHELL', 'check'], Interval: 1e6 },
    };
    const probes: readonly Probe[] = [{ kind: 'exec', command: ['tool', 'two words'] }];
    const exec = (argv: readonly string[]) => ({
      exitCode: argv.length,
      stdout: bytes('out'),
      stderr: bytes(''),
    });
    const { value, engine } = await exerciseFake({
      config,
      scenario: { probes },
      script: () => ({ ports: [port], exec }),
    });
    expect(value?.answers).toMatchObject([
      { kind: 'exec', command: "tool 'two words'", exitCode: 2, stdout: 'out' },
      { kind: 'exec', command: '/bin/sh -c check', exitCode: 3 },
    ]);
    // One that fails is made as often as Docker makes it.
    const made = engine.created[0]?.journal.filter((line) => line === 'exec /bin/sh -c check');
    expect(made).toHaveLength(3);
  });

  test.each([
    ['the first success', { Retries: 5 }, ['x', 'x', '', 'x'], 3, 0],
    ['as many failures as it may have', { Retries: 2 }, ['x', 'x', ''], 2, 1],
    ['the first success after its start period', { Retries: 1, StartPeriod: 50e6 }, ['x', 'x', ''], 3, 0],
  ])('makes the health check until %s', async (_, more, results, times, exitCode) => {
    const port = await published(80, site);
    const config = {
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD', 'check'], Interval: 1e6, ...more },
    };
    let made = 0;
    const exec = () => ({
      exitCode: results[made++] === '' ? 0 : 1,
      stdout: bytes(''),
      stderr: bytes(''),
    });
    const { value } = await exerciseFake({ config, script: () => ({ ports: [port], exec }) });
    expect(value?.answers.at(-1)).toMatchObject({ kind: 'exec', command: 'check', exitCode });
    expect(made).toBe(times);
    expect(value?.answers.filter(({ kind }) => kind === 'exec')).toHaveLength(1);
  });

  test('lets a health check fail whose shell the image lacks', async () => {
    const port = await published(80, site);
    const config = {
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD-SHELL', 'check'], Interval: 1e6, Retries: 1 },
    };
    const stdout = bytes('exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown\r\n');
    const exec = () => ({ exitCode: 126, stdout, stderr: bytes('') });
    const { value } = await exerciseFake({ config, script: () => ({ ports: [port], exec }) });
    expect(value?.answers.at(-1)).toMatchObject({ kind: 'exec', exitCode: 126 });
  });

  test('says that the image has no shell for a command line', async () => {
    const port = await published(80, site);
    const stdout = bytes(
      'OCI runtime exec failed: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown\r\n',
    );
    const probes: readonly Probe[] = [{ kind: 'exec', command: 'ls | wc' }];
    const exec = () => ({ exitCode: 126, stdout, stderr: bytes('') });
    const { error } = await exerciseFake({ scenario: { probes }, script: () => ({ ports: [port], exec }) });
    expect(error).toMatchObject({ code: 'probe-failed', hint: expect.stringContaining('JSON list') });
  });

  test('a failure is a result: it ended early', async () => {
    const output = [{ stream: 'stderr' as const, data: bytes('no libssl\n') }];
    const { value } = await exerciseFake({ script: () => ({ endsWith: 127, output }) });
    expect(value).toMatchObject({
      answers: [],
      failure: { code: 'container-exited', message: expect.stringContaining('127'), details: ['no libssl'] },
    });
  });

  test('a failure is a result: it never listens', async () => {
    // As docker-proxy: it accepts and closes.
    const proxy = createTcpServer((socket) => socket.end());
    const port = {
      containerPort: 80,
      protocol: 'tcp',
      hostAddress: '127.0.0.1',
      hostPort: await listen(proxy),
    };
    const { value } = await exerciseFake({
      scenario: { readinessTimeoutMs: 50 },
      script: () => ({ ports: [port] }),
    });
    expect(value?.failure).toMatchObject({
      code: 'container-not-ready',
      message: expect.stringContaining('port 80'),
    });
  });

  test('a failure is a result: its program is not there', async () => {
    const startError = new PareError('container-exited', 'exec: "/app": no such file or directory');
    const { value } = await exerciseFake({ script: () => ({ startError }) });
    expect(value?.failure).toMatchObject({ message: expect.stringContaining('/app') });
  });

  test('an engine that fails is an error', async () => {
    const startError = new PareError('engine-failed', 'no bridge');
    expect((await exerciseFake({ script: () => ({ startError }) })).error).toBe(startError);
  });

  test('waits only for ports that are exposed, of those that the fat image listened on', async () => {
    const port = await published(80, site);
    const { value } = await exerciseFake({
      expectPorts: [80, 9999, 40_000],
      script: () => ({ ports: [port] }),
    });
    expect(value?.failure).toBeUndefined();
  });

  test('ends when it is aborted', async () => {
    const controller = new AbortController();
    const port = await published(80, () => controller.abort(new Error('enough')));
    const { error } = await exerciseFake({ signal: controller.signal, script: () => ({ ports: [port] }) });
    expect(error).toMatchObject({ message: 'enough' });
  });
});

describe('a session with a tool', () => {
  const config = {};
  const probes: readonly Probe[] = [
    { kind: 'exec', command: 'slow' },
    { kind: 'exec', command: ['fast', '-v'] },
  ];

  test('takes its end for its answer', async () => {
    const output = [{ stream: 'stdout' as const, data: bytes('usage\n') }];
    const { value } = await exerciseFake({ config, script: () => ({ endsWith: 0, output }) });
    expect(value).toMatchObject({
      answers: [{ kind: 'exit', exitCode: 0, stdout: 'usage\n', stderr: '' }],
      listening: [],
    });
    expect(value?.failure).toBeUndefined();
  });

  test('runs each command in a container of its own, in the order of the probes', async () => {
    const { value, engine } = await exerciseFake({
      config,
      scenario: { probes },
      script: (argv) => ({
        endsWith: argv?.length ?? 1,
        output: [{ stream: 'stdout', data: bytes(`${argv?.join(' ')}`) }],
      }),
    });
    expect(value?.answers).toMatchObject([
      { kind: 'exit', exitCode: 1 },
      { kind: 'exec', command: 'slow', exitCode: 3, stdout: '/bin/sh -c slow' },
      { kind: 'exec', command: 'fast -v', exitCode: 2, stdout: 'fast -v' },
    ]);
    expect(engine.created).toHaveLength(3);
  });

  test('answers for a program that is not there as a shell does', async () => {
    const startError = new PareError('container-exited', 'exec: "fast": executable file not found');
    const { value } = await exerciseFake({
      config,
      scenario: { probes: probes.slice(1) },
      script: (argv) => (argv === undefined ? { endsWith: 0 } : { startError }),
    });
    expect(value?.answers[1]).toMatchObject({
      kind: 'exec',
      exitCode: 127,
      stderr: expect.stringContaining('fast'),
    });
  });

  test('an end with an error is a failure, unless it was said that it ends', async () => {
    const script = () => ({ endsWith: 2 });
    expect((await exerciseFake({ config, script })).value?.failure).toMatchObject({
      code: 'container-exited',
    });
    const expected = await exerciseFake({ config, scenario: { continueAfter: 'app-exit' }, script });
    expect(expected.value).toMatchObject({ answers: [{ kind: 'exit', exitCode: 2 }] });
    expect(expected.value?.failure).toBeUndefined();
  });

  test('watches a worker that nothing exercises for a while, and says so', async () => {
    const { value } = await exerciseFake({ config, script: () => ({}) });
    expect(value).toMatchObject({ answers: [], exitCode: 143 });
    expect(said).toEqual([expect.stringContaining('exposes no port')]);
  });
});
