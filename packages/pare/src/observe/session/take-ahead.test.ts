import { createServer, type Server } from 'node:http';
import type { ImageConfig } from '@pare/oci';
import { afterEach, expect, test } from 'vitest';
import { fakeEngine, plainRun } from '../../../../testkit/src/index.ts';
import { type LaunchedContainer, plainLauncher } from '../container/launcher.ts';
import type { Marks } from '../facts/marks.ts';
import { runSession } from './session.ts';
import { createSessionLog } from './session-log.ts';

const progress = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  warn: () => undefined,
};
const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { ExposedPorts: { '80/tcp': {} } },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const scenario = {
  ...{ run: plainRun, probes: [], ports: [], continueAfter: 'probe' as const },
  ...{ readinessTimeoutMs: 5000, observeMs: 300, probeTimeoutMs: 5000 },
};
let server: Server | undefined;

afterEach(() => server?.close());

/** Runs a session whose container takes ahead so. */
async function run(
  takeAhead: NonNullable<LaunchedContainer['takeAhead']>,
  finish: (marks: Marks) => void,
  onAnswered: () => void,
) {
  server = createServer((_, response) => response.end('hi'));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const hostPort = typeof address === 'object' && address !== null ? address.port : 0;
  const engine = fakeEngine({
    info: { local: false },
    images: { app: { configDigest: `sha256:${'0'.repeat(64)}` } as never },
    script: () => ({ ports: [{ containerPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort }] }),
  });
  const plain = plainLauncher(engine, 'app', scenario, {});
  return runSession({
    engine,
    launcher: {
      create: async (launch, signal) => ({
        ...(await plain.create(launch, signal)),
        takeAhead,
        finish: async (marks) => finish(marks),
      }),
    },
    config,
    scenario,
    ports: { ports: [80], required: true },
    askTwice: false,
    countsSteps: false,
    log: createSessionLog(),
    progress,
    onAnswered,
    signal: new AbortController().signal,
  });
}

test('has what is known taken once it is ready, and when it ends, with the marks of the end, and tells in between that it has answered', async () => {
  const told: string[] = [];
  const seen: Marks[] = [];
  await run(
    (marks) => {
      seen.push(marks);
      told.push(`taking, ready ${marks.readyNs !== undefined}`);
    },
    (marks) => {
      seen.push(marks);
      told.push('finished');
    },
    () => told.push('answered'),
  );
  expect(told).toEqual(['taking, ready true', 'answered', 'taking, ready true', 'finished']);
  expect(new Set(seen).size).toBe(1);
});
