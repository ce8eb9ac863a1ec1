import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { hostPath, type ImageConfig, readTar } from '@pare/oci';
import { type FakeContainerScript, fakeEngine, plainRun } from '@pare/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import type { Dependency, Scenario } from '../../model/scenario.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { Progress } from '../../ports/progress.ts';
import { exercise } from '../exercise.ts';

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const progress: Progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  warn: () => undefined,
};
const image = { configDigest: `sha256:${'0'.repeat(64)}` } as never;
const store = {
  configDigest: `sha256:${'1'.repeat(64)}`,
  config: { architecture: 'amd64', os: 'linux' },
} as never;
const output = (text: string) => [{ stream: 'stdout', data: new TextEncoder().encode(text) }] as const;

async function run(
  scenario: Partial<Scenario>,
  script: (spec: ContainerSpec, index: number) => FakeContainerScript,
  config: ImageConfig['config'] = {},
) {
  const engine = fakeEngine({ info: { local: false }, images: { app: image, store }, script });
  const settled = await exercise({
    engine,
    image: 'app',
    config: {
      architecture: 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    scenario: {
      run: plainRun,
      probes: [],
      ports: [],
      continueAfter: 'probe',
      readinessTimeoutMs: 2000,
      observeMs: 300,
      probeTimeoutMs: 2000,
      ...scenario,
    },
    progress,
    signal: new AbortController().signal,
  }).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  expect(engine.containers.size, 'containers left behind').toBe(0);
  expect(engine.networks.size, 'networks left behind').toBe(0);
  return { ...settled, created: engine.created };
}

async function listen(server: Server | TcpServer, containerPort: number) {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const hostPort = typeof address === 'object' && address !== null ? address.port : 0;
  return { containerPort, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort };
}
const web = (listener: RequestListener, port = 8080) => listen(createServer(listener), port);

const dependency = (over: Partial<Dependency> = {}): Dependency => ({
  name: 'db',
  aliases: ['database'],
  image: 'store',
  run: plainRun,
  readinessTimeoutMs: 500,
  after: [],
  untilExit: false,
  ...over,
});

describe('readiness', () => {
  test('is a page that answers with success, and only that page is asked', async () => {
    const asked: string[] = [];
    let visits = 0;
    const port = await web((request, response) => {
      asked.push(request.url ?? '');
      visits += 1;
      response.writeHead(visits < 3 ? 404 : 200).end('ok');
    });
    const { value } = await run(
      {
        readiness: { kind: 'http', path: '/health', port: 8080 },
        probes: [{ kind: 'http', method: 'GET', path: '/page', headers: {}, port: 8080 }],
      },
      () => ({ ports: [port] }),
    );
    expect(value?.failure).toBeUndefined();
    expect(value?.answers).toMatchObject([{ url: 'http://localhost:8080/page', status: 200 }]);
    expect(new Set(asked)).toEqual(new Set(['/health', '/page']));
  });

  test('is a word in the log, of an application without ports', async () => {
    const probes = [{ kind: 'exec', command: ['work'] }] as const;
    const { value } = await run({ readiness: { kind: 'log', pattern: 'ready to \\w+' }, probes }, () => ({
      output: output('starting\nready to work\n'),
    }));
    expect(value?.answers).toMatchObject([{ kind: 'exec', command: 'work', exitCode: 0 }]);
  });

  test('is a command that succeeds', async () => {
    let asked = 0;
    const probes = [{ kind: 'exec', command: ['work'] }] as const;
    const { value } = await run({ readiness: { kind: 'exec', command: ['check'] }, probes }, () => ({
      exec: ([program]) => {
        if (program === 'check') asked += 1;
        const nothing = new Uint8Array();
        return { exitCode: program === 'check' && asked < 2 ? 1 : 0, stdout: nothing, stderr: nothing };
      },
    }));
    expect(asked).toBe(2);
    expect(value?.answers).toHaveLength(1);
  });

  test('that does not come is a failure that names what was waited for', async () => {
    const readiness = { kind: 'log', pattern: 'never' } as const;
    const { value } = await run({ readiness, readinessTimeoutMs: 100 }, () => ({
      output: output('hello\n'),
    }));
    expect(value?.failure).toMatchObject({
      code: 'container-not-ready',
      message: expect.stringContaining('/never/'),
      details: ['hello'],
    });
  });
});

describe('probes', () => {
  test('are run in their order, of whatever kind they are', async () => {
    const order: string[] = [];
    const port = await web((request, response) => {
      order.push(`${request.method} ${request.url}`);
      response.end('fine');
    });
    const probe = (path: string) => ({ kind: 'http', method: 'GET', path, headers: {}, port: 8080 }) as const;
    const { value } = await run(
      {
        probes: [
          probe('/one'),
          { kind: 'exec', command: ['seed'] },
          probe('/two'),
          { kind: 'tcp', port: 8080, tls: false, send: 'GET /three HTTP/1.0\r\n\r\n', expect: 'fine' },
          {
            kind: 'host',
            command: 'exit 4',
            env: {},
            workdir: hostPath('/'),
            timeoutMs: 2000,
            expect: { exitCode: 0 },
          },
        ],
      },
      () => ({
        ports: [port],
        exec: () => {
          order.push('seed');
          return { exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array() };
        },
      }),
    );
    expect(order).toEqual(['GET /one', 'seed', 'GET /two', 'GET /three']);
    expect(value?.answers.map((answer) => ('unmet' in answer ? answer.unmet : answer.kind))).toEqual([
      'http',
      'exec',
      'http',
      'exchange',
      ['exit code 0 was expected, it is 4'],
    ]);
  });

  test('of a port that is not published are marked, not passed over', async () => {
    const port = await web((_, response) => response.end());
    const probes = [
      { kind: 'fastcgi', port: 9000, script: '/x', method: 'GET', query: '', params: {} },
    ] as const;
    const { value } = await run({ probes, ports: [8080], readinessTimeoutMs: 100 }, () => ({
      ports: [port],
    }));
    expect(value?.failure).toMatchObject({ code: 'container-not-ready' });
  });
});

describe('dependencies', () => {
  test('are started in their order on a network with the application, and are gone afterwards', async () => {
    const line = createTcpServer((socket) => socket.on('error', () => undefined).write('hello'));
    const port = await listen(line, 5432);
    const { value, created } = await run(
      {
        probes: [{ kind: 'exec', command: ['work'] }],
        dependencies: [
          dependency({ readiness: { kind: 'tcp', port: 5432 } }),
          dependency({ name: 'seed', aliases: [], untilExit: true, after: ['db'] }),
        ],
      },
      (_, index) => (index === 0 ? { ports: [port] } : { endsWith: 0 }),
    );
    expect(value?.answers).toMatchObject([{ kind: 'exit' }, { command: 'work' }]);
    expect(created.map(({ spec }) => [spec.image, spec.attach?.aliases])).toEqual([
      ['store', ['db', 'database']],
      ['store', ['seed']],
      ['app', ['app']],
      ['app', ['app']],
    ]);
    expect(new Set(created.map(({ spec }) => spec.attach?.network)).size).toBe(1);
  });

  test('get their files before they start', async () => {
    const files = [{ path: '/run/secrets/key', content: 'abc' }];
    const { created } = await run(
      { dependencies: [dependency({ files, untilExit: true })], probes: [] },
      () => ({ endsWith: 0 }),
    );
    const [db] = created;
    expect(db?.journal.indexOf('copyIn /')).toBeLessThan(db?.journal.indexOf('start') ?? 0);
    const members: string[] = [];
    for await (const { content, header } of readTar(
      Readable.from([db?.copiedIn[0]?.tar ?? new Uint8Array()]),
    )) {
      let text = '';
      for await (const chunk of content) text += Buffer.from(chunk).toString();
      members.push(`${header.name} ${header.mode.toString(8)} ${text}`);
    }
    expect(members).toEqual(['run/secrets/key 444 abc']);
  });

  test.each<[string, Partial<Dependency>, FakeContainerScript, string, string]>([
    [
      'ends',
      { readiness: { kind: 'tcp', port: 1 } },
      { endsWith: 3, output: output('no disk\n') },
      'container-exited',
      'db ended',
    ],
    ['fails to fill', { untilExit: true }, { endsWith: 1 }, 'container-exited', 'db ended with exit code 1'],
    ['never ends', { untilExit: true }, {}, 'container-not-ready', 'has not ended'],
    [
      'is never ready',
      { readiness: { kind: 'log', pattern: 'x' } },
      {},
      'container-not-ready',
      'db is not ready',
    ],
    ['is not there', { image: 'gone' }, {}, 'image-not-found', 'gone'],
  ])('that %s is named, and nothing is left', async (_, over, script, code, message) => {
    const { error } = await run({ dependencies: [dependency(over)] }, () => script);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('further runs', () => {
  test('are exercised each in a container of its own', async () => {
    const first: Scenario = {
      run: plainRun,
      probes: [],
      ports: [],
      continueAfter: 'probe',
      readinessTimeoutMs: 1000,
      observeMs: 300,
      probeTimeoutMs: 1000,
    };
    const migrate: Scenario = { ...first, run: { ...plainRun, command: ['migrate'] }, withoutPorts: true };
    const port = await web((_, response) => response.end('served'));
    const { value, created } = await run(
      {
        probes: [{ kind: 'http', method: 'GET', path: '/', headers: {} }],
        runs: [{ name: 'migrate', scenario: migrate }],
      },
      ({ run: { command } }) =>
        command === undefined ? { ports: [port] } : { endsWith: 0, output: output('done\n') },
      { ExposedPorts: { '8080/tcp': {} } },
    );
    expect(value?.answers).toMatchObject([{ kind: 'http', status: 200 }]);
    expect(value?.runs).toMatchObject([
      { name: 'migrate', exercise: { answers: [{ kind: 'exit', exitCode: 0, stdout: 'done\n' }] } },
    ]);
    expect(created[1]?.spec.publishLoopback).toEqual([]);
  });
});
