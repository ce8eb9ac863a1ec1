import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, type ImageConfig, type ImagePath, writeTar } from '@pare/oci';
import { sensorProtocol } from '@pare/sensor';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeEngine, plainRun } from '../../../testkit/src/index.ts';
import type { ApplicationUser } from '../model/application-user.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Progress } from '../ports/progress.ts';
import { observe } from './observe.ts';

const quiet: Progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  warn: () => undefined,
};
const entry = {
  uid: 0,
  gid: 0,
  mode: 0o644,
  mtime: { seconds: 0, nanoseconds: 0 },
  xattrs: new Map<string, Uint8Array>(),
};

let directory = '';
let server: Server;
let status = 200;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-observe-'));
  writeFileSync(join(directory, 'sensor'), 'sensor');
  status = 200;
  server = createServer((_, response) => {
    response.statusCode = status;
    response.end(status === 200 ? 'hi' : 'no database');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** One frame as PROTOCOL.md of the sensor says: a length, a kind, the fields; little endian. */
function frame(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat([Uint8Array.of(kind), ...parts]);
  return Buffer.concat([int(body.length, 4), body]);
}

function int(value: number | bigint, size: 1 | 2 | 4 | 8): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.subarray(0, size);
}

function text(value: string): Uint8Array {
  return Buffer.concat([int(Buffer.byteLength(value), 2), Buffer.from(value)]);
}

const now = () => process.hrtime.bigint();
const hello = () =>
  frame(
    1,
    Buffer.from('PARE'),
    int(sensorProtocol, 2),
    int(0, 1),
    int(0, 1),
    int(0, 1),
    int(1024, 2),
    int(now(), 8),
    text('9.9'),
  );
const exec = () =>
  frame(
    2,
    int(1, 4),
    int(1, 4),
    int(0, 4),
    int(now(), 8),
    int(0, 1),
    text('/bin/app'),
    int(1, 2),
    text('app'),
  );
const path = (name: string) =>
  frame(
    3,
    int(1, 4),
    int(1, 4),
    int(now(), 8),
    int(0, 1),
    int(257, 4),
    int(0, 4),
    int(1, 1),
    int(0o100644, 4),
    int(0, 8),
    text(name),
  );

/** What the engine gives for a path of the container. */
async function* archive(path: string, record: Uint8Array): AsyncGenerator<Uint8Array> {
  const name = `${path}/application`;
  const member = {
    entry: { ...entry, kind: 'file' as const, path: name as ImagePath, sizeBytes: record.length },
    content: parts(record),
  };
  yield* writeTar([member]);
}

async function* parts(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

async function observeFake(
  record: Uint8Array,
  options: { readonly user?: ApplicationUser; readonly tolerateFailure?: boolean } = {},
) {
  const image = { configDigest: `sha256:${'1'.repeat(64)}` as const };
  const address = server.address();
  const hostPort = typeof address === 'object' && address !== null ? address.port : 0;
  const engine = fakeEngine({
    info: { local: false },
    images: { app: image as never },
    script: () => ({
      ports: [{ containerPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort }],
      copyOut: (asked) => archive(asked, record),
    }),
  });
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: {
      ExposedPorts: { '80/tcp': {} },
      Entrypoint: ['app'],
      Cmd: ['serve'],
    },
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const scenario: Scenario = {
    run: plainRun,
    probes: [{ kind: 'http', method: 'GET', path: '/', headers: {} }],
    ports: [],
    continueAfter: 'probe',
    readinessTimeoutMs: 5000,
    observeMs: 1000,
    probeTimeoutMs: 5000,
  };
  const observing = observe({
    engine,
    image: { id: image.configDigest, tags: ['app:latest'], architecture: 'amd64', os: 'linux', sizeBytes: 0 },
    config,
    user: options.user,
    scenario,
    sensor: { path: join(directory, 'sensor'), sha256: '', version: '9.9', arch: 'amd64' },
    temporaryDirectory: hostPath(directory),
    progress: quiet,
    signal: new AbortController().signal,
    ...(options.tolerateFailure === undefined ? {} : { tolerateFailure: options.tolerateFailure }),
  });
  try {
    return { observation: await observing, engine };
  } finally {
    expect(engine.containers.size).toBe(0);
    expect(readdirSync(directory)).toEqual(['sensor']);
    expect(existsSync(directory)).toBe(true);
  }
}

test('puts the sensor into a remote container and reads its record', async () => {
  const { observation, engine } = await observeFake(
    Buffer.concat([hello(), exec(), path('/etc/x/../app.conf')]),
  );
  expect(observation).toMatchObject({
    schema: 'pare.observation/1',
    image: { reference: 'app:latest' },
    sensor: { version: '9.9', arch: 'x86_64' },
    processes: [{ id: 0, pid: 1, executable: '/bin/app', argv: ['app'] }],
    files: [
      { path: '/etc/app.conf', accesses: ['read'], askedAs: ['/etc/x/../app.conf'], existed: true },
      { path: '/etc/x', accesses: ['enter'] },
    ],
    answers: [{ kind: 'http', status: 200, bodyText: 'hi' }],
    probes: ['GET http://localhost/'],
    account: { complete: true, lost: 0, notes: [expect.stringContaining('remote')] },
  });
  const [container] = engine.created;
  expect(container?.journal.slice(0, 2)).toEqual(['copyIn /', 'start']);
  expect(container?.spec).toMatchObject({
    user: '0',
    addCapabilities: ['SYS_ADMIN', 'SYS_PTRACE'],
    binds: [],
  });
  expect(container?.spec.argv?.join(' ')).toMatch(
    /^\/\.pare\/sensor run --record \/\.pare\/record\/application .* -- app serve$/,
  );
});

test('tells the sensor who the application runs as', async () => {
  const user = { uid: 33, gid: 33, groups: [33], home: '/srv' };
  const { engine } = await observeFake(Buffer.concat([hello(), exec()]), { user });
  expect(engine.created[0]?.spec.argv?.join(' ')).toContain('--uid 33 --gid 33 --groups 33 --home /srv');
});

test('a record that is cut in the middle of a frame is not complete', async () => {
  const { observation } = await observeFake(Buffer.concat([hello(), exec(), path('/x').subarray(0, 12)]));
  expect(observation).toMatchObject({ files: [], account: { complete: false } });
});

test('fails on an image that answers with a server error, with what it says', async () => {
  status = 500;
  const record = Buffer.concat([hello(), exec()]);
  await expect(observeFake(record)).rejects.toMatchObject({
    code: 'probe-failed',
    message: 'app:latest answers 500 to GET http://localhost/',
    details: ['no database'],
  });
  const { observation } = await observeFake(record, { tolerateFailure: true });
  expect(observation.answers).toMatchObject([{ status: 500 }]);
});

test.each([
  ['empty', () => new Uint8Array()],
  ['none of the sensor', () => Buffer.from('this is not a record of the sensor')],
  [
    'of another protocol',
    () => frame(1, Buffer.from('PARE'), int(99, 2), int(0, 1), int(0, 1), int(0, 1), int(0, 8), text('1')),
  ],
  ['corrupt after its greeting', () => Buffer.concat([hello(), frame(99)])],
])('fails on a record that is %s', async (_, record) => {
  await expect(observeFake(record())).rejects.toMatchObject({ code: 'observation-failed' });
});
