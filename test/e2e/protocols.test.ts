import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addedSince, docker, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunReport } from '../../packages/pare/src/model/run-report.ts';
import { runCommand } from '../../samples/run-command.ts';
import { removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

/** Debian's redis, postgres and php-fpm in one image, so that there is one to build. */
const services = 'pare-e2e/services:test';
/** A node application that speaks HTTP, WebSocket and gRPC, in clear text and in TLS with a certificate of its own. */
const speaker = 'pare-e2e/protocols:test';
const slim = 'pare-e2e/protocols.slim:test';
const fixtures = join(import.meta.dirname, 'fixtures/protocols');
let directory = '';
/** Mostly waiting for packages: it goes on beside the first test. */
let servicesBuilt: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-protocols-'));
  servicesBuilt = build(services, join(fixtures, 'services'));
  // It is looked at by the tests that need it; until then its failure must not count as unhandled.
  servicesBuilt.catch(() => undefined);
  // Packages come on this machine, and npm trusts whom the machine trusts: neither the certificate store inside a container nor
  // the one inside Node may know this network's registry.
  const context = join(directory, 'app');
  await cp(join(fixtures, 'app'), context, { recursive: true });
  const { exitCode, stderr } = await runCommand([
    'env',
    'NODE_OPTIONS=--use-system-ca',
    'npm',
    'ci',
    '--prefix',
    context,
    '--no-audit',
    '--no-fund',
  ]);
  expect(exitCode, stderr).toBe(0);
  await build(speaker, context);
});

afterAll(async () => {
  await servicesBuilt.catch(() => undefined);
  await removeImages(slim, speaker, services);
  await rm(directory, { recursive: true, force: true });
});

function build(tag: string, context: string): Promise<string> {
  return docker(['build', '--quiet', '--force-rm', '--tag', tag, context]);
}

/** A scenario of the fixtures with the name of the test's own image in it. */
async function scenario(name: string): Promise<string> {
  const text = await readFile(join(fixtures, name), 'utf8');
  const path = join(directory, name.replaceAll('/', '-'));
  await writeFile(path, text.replaceAll('SERVICES', services));
  return path;
}

/** Builds with a scenario at the level that keeps the least: what no probe asked for is gone. */
async function slimWith(
  file: string,
  image: string,
  { engine = 'docker', environment = {} }: { engine?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<RunReport> {
  await using scratch = await openScratch();
  const options = ['--keep', 'observed', '--scenario', file, '--artifacts', scratch.artifacts, '--tag', slim];
  const ended = await runPare(['--engine', engine, 'build', ...options, image], scratch, environment);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return JSON.parse(await readFile(join(scratch.artifacts, 'report.json'), 'utf8')) as RunReport;
}

const keptBelow = ({ plan }: RunReport, path: string) =>
  plan.kept.map((one) => one.path as string).filter((one) => one.startsWith(`${path}/`));

const bodies = ({ verdict }: RunReport) =>
  verdict.answers.map((answer) => (answer.kind === 'http' ? answer.bodyText : answer.kind));

/** What each exchange of the slim image ended with, and its messages. */
function exchanges({ verdict }: RunReport): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    verdict.answers.flatMap((answer) =>
      answer.kind === 'exchange' ? [[answer.question, [answer.outcome, ...answer.received]]] : [],
    ),
  );
}

test('OpenAPI, WebSocket and gRPC are spoken, also in TLS, each part counted and what is not called told', async () => {
  const report = await slimWith(await scenario('app/pare.yaml'), speaker);
  expect(exchanges(report)).toMatchObject({
    'ws://localhost:8080/ws "one"': ['open', 'the words of socket one', 'the words of socket two'],
    'wss://localhost:8443/ws "three"': ['open', 'the words of secure-socket three'],
    'grpc localhost:50051 services': ['OK', 'shop.Cart'],
    'grpc localhost:50051 shop.Cart/Add': ['OK', '{"name":"the words of add chair","count":3}', 'OK'],
    // It never ends by itself.
    'grpc localhost:50051 shop.Cart/Watch': [
      'stopped after 3',
      ...[1, 2, 3].map((count) => `{"name":"the words of watch","count":${count}}`),
    ],
    'grpc localhost:50051 shop.Cart/Import': ['OK', '{"name":"the words of import","count":5}', 'OK'],
    'grpc localhost:50052 shop.Cart/Add': ['OK', '{"name":"the words of secure-add table","count":0}', 'OK'],
  });
  const requests = report.verdict.answers.flatMap((one) =>
    one.kind === 'http' ? [`${one.method} ${one.url} ${one.status} ${one.bodyText}`] : [],
  );
  expect(requests).toEqual([
    'GET http://localhost:8080/items/7 200 the words of list: 0',
    'POST http://localhost:8080/items 201 the words of create',
    'DELETE http://localhost:8080/items/7 200 the words of delete',
    'GET https://localhost:8443/items/7 200 the words of list: 0',
  ]);
  // Each of these files is read by one operation alone; nothing asked for Exchange.
  const words = [
    'add',
    'create',
    'delete',
    'import',
    'list',
    'secure-add',
    'secure-socket',
    'socket',
    'watch',
  ];
  expect(keptBelow(report, '/protocols/data')).toEqual(words.map((word) => `/protocols/data/${word}.txt`));
  expect(report.observation.notProbed?.map(({ what }) => what)).toEqual([
    'grpc localhost:50051 shop.Cart/Exchange',
    ...['Watch', 'Import', 'Exchange'].map((name) => `grpc localhost:50052 shop.Cart/${name}`),
  ]);
  // What an operation was the first to use is its own in the risk, not that of the whole probe.
  const found = report.risk?.discovery.filter(({ newFiles }) => newFiles > 0).map(({ probe }) => probe);
  expect(found).toEqual(
    expect.arrayContaining([
      'POST http://localhost:8080/items',
      'DELETE http://localhost:8080/items/7',
      'grpc localhost:50051 shop.Cart/Watch',
    ]),
  );
  expect(report.risk?.nextProbe).toBeDefined();
});

test('redis is spoken to by TCP, in clear text and in TLS', async () => {
  await servicesBuilt;
  const report = await slimWith(await scenario('services/redis.yaml'), services);
  expect(Object.values(exchanges(report))).toEqual([
    ['answered', '+OK\r\n$5\r\nhello\r\n'],
    ['answered', '$5\r\nhello\r\n+PONG'],
  ]);
  expect(keptBelow(report, '/usr/lib/postgresql')).toEqual([]);
});

test('php-fpm is asked by FastCGI, with redis and postgres before it, and alike without Docker', async () => {
  await servicesBuilt;
  const file = await scenario('services/pare.yaml');
  const onDocker = await slimWith(file, services);
  expect(onDocker.verdict.answers).toMatchObject([
    { method: 'POST', status: 200, bodyText: 'welcome ada, visit 1, 1 in all\n' },
    { method: 'GET', status: 200, bodyText: 'welcome ada, visit 2, 2 in all\n' },
  ]);
  expect(keptBelow(onDocker, '/srv/www')).toEqual(['/srv/www/visit.php', '/srv/www/welcome.txt']);
  // The dependencies were run from the fat image: nothing of theirs is in the slim one.
  expect(keptBelow(onDocker, '/usr/lib/postgresql')).toEqual([]);

  await using scratch = await openScratch();
  const environment = { XDG_DATA_HOME: join(scratch.directory, 'data') };
  const archive = join(scratch.directory, 'services.tar');
  await docker(['save', '--output', archive, services]);
  const loaded = await runPare(['load', archive], scratch, environment);
  expect(loaded.code, loaded.stderr).toBe(0);
  const onEmbedded = await slimWith(file, services, { engine: 'embedded', environment });
  expect(onEmbedded.engine.kind).toBe('embedded');
  expect(onEmbedded.plan.kept.map(({ path }) => path)).toEqual(onDocker.plan.kept.map(({ path }) => path));
  expect(bodies(onEmbedded)).toEqual(bodies(onDocker));
  expect(onEmbedded.verdict).toMatchObject({ passed: true, compared: onDocker.verdict.compared });
});

test('a compose project of several files, with a secret, a config and profiles, stands beside the application', async () => {
  await servicesBuilt;
  await using scratch = await openScratch();
  const before = await engineSnapshot();
  const observation = join(scratch.temporary, '../observation.json');
  const file = join(fixtures, 'services/compose-pare.yaml');
  const ended = await runPare(['observe', '--scenario', file, '-o', observation, services], scratch, {
    SERVICES_IMAGE: services,
  });
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const { answers } = JSON.parse(await readFile(observation, 'utf8'));
  expect(answers).toMatchObject([{ status: 200, bodyText: 'welcome ada, visit 1, 1 in all\n' }]);
  expect(addedSince(before, await engineSnapshot())).toMatchObject({ networks: [], volumes: [] });

  // A service of a profile that nobody asked for would have failed: it does when it is asked for.
  const debug = ['--compose-file', join(fixtures, 'services/compose.yaml'), '--compose-profile', 'debug'];
  const failed = await runPare(['observe', ...debug, '-o', observation, services], scratch, {
    SERVICES_IMAGE: services,
  });
  expect(failed.code, failed.stderr).toBe(20);
  expect(failed.stderr).toContain('dependency never ended with exit code 1');
});
