import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hostPath } from '@pare/oci';
import { locateSensor } from '@pare/sensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../packages/pare/src/model/observation.ts';
import { findUser } from '../../packages/pare/src/observe/container/find-user.ts';
import { observe } from '../../packages/pare/src/observe/observe.ts';
import { plainRun, type RealEngine, realEngine, testBase } from '../../packages/testkit/src/index.ts';

const label = `pare-health-check-${process.pid}`;
const { signal } = new AbortController();
const quiet = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  warn: () => undefined,
};
const tags: string[] = [];
let real: RealEngine;
let directory = '';

/** Serves nothing; is healthy from its 8th tenth of a second on. */
const server = 'touch /tmp/started; sleep 0.8; touch /tmp/ready; exec sleep 60';
const times = '--interval=200ms --timeout=5s';

function build(name: string, from: string, instructions: string): string {
  const tag = `${label}:${name}`;
  writeFileSync(join(directory, 'Dockerfile'), `FROM ${from}\n${instructions}\n`);
  execFileSync('docker', ['build', '-q', '--label', label, '-t', tag, directory], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  tags.push(tag);
  return tag;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-test-health-'));
  real = await realEngine(signal);
});

afterAll(async () => {
  await real[Symbol.asyncDispose]();
  for (const tag of tags.reverse()) execFileSync('docker', ['rmi', '-f', tag], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
});

async function observeImage(tag: string): Promise<Observation> {
  const image = await real.engine.inspectImage(tag);
  await using opened = await real.engine.openImage(tag);
  return observe({
    ...{ engine: real.engine, image, config: opened.config, progress: quiet, signal },
    user: await findUser(opened, plainRun, signal),
    scenario: {
      ...{ run: plainRun, probes: [], ports: [], continueAfter: 'probe', observeMs: 300 },
      ...{ readinessTimeoutMs: 20_000, probeTimeoutMs: 10_000 },
    },
    sensor: locateSensor('amd64'),
    temporaryDirectory: hostPath(directory),
    tolerateFailure: true,
  });
}

/** What the daemon itself makes of the image's health check in the end; undefined where it makes none. */
async function healthOf(tag: string): Promise<string | undefined> {
  const started = execFileSync('docker', ['run', '-d', '--label', label, tag], { encoding: 'utf8' }).trim();
  try {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const format = '{{if .State.Health}}{{.State.Health.Status}}{{end}}';
      const status = execFileSync('docker', ['inspect', '-f', format, started], { encoding: 'utf8' }).trim();
      if (status === '') return undefined;
      if (status !== 'starting') return status;
      if (performance.now() > deadline) throw new Error('its health stays "starting"');
      await delay(50);
    }
  } finally {
    execFileSync('docker', ['rm', '-f', started], { stdio: 'ignore' });
  }
}

interface Case {
  readonly name: string;
  readonly instructions: string;
  readonly health: 'healthy' | 'unhealthy' | undefined;
  /** A file that only the check uses, and the answer's command. */
  readonly uses?: string;
  readonly command?: string;
}

/** Nothing is to be learnt here from how it ends. */
const command = `STOPSIGNAL SIGKILL\nCMD ["sh", "-c", "${server}"]`;
const cases: readonly Case[] = [
  {
    name: 'own-shell',
    instructions: `SHELL ["/usr/bin/perl", "-e"]\nHEALTHCHECK ${times} CMD cat /etc/issue.net && test -e /tmp/started\n${command}`,
    health: 'healthy',
    uses: '/etc/issue.net',
    command: "/bin/sh -c 'cat /etc/issue.net && test -e /tmp/started'",
  },
  {
    name: 'another-user',
    instructions: `USER nobody\nHEALTHCHECK ${times} CMD test "$(id -un)" = nobody && cat /etc/issue.net\n${command}`,
    health: 'healthy',
    uses: '/etc/issue.net',
  },
  {
    name: 'slow',
    instructions: `HEALTHCHECK ${times} --retries=20 CMD test -e /tmp/ready\n${command}`,
    health: 'healthy',
    uses: '/tmp/ready',
  },
  {
    name: 'start-period',
    instructions: `HEALTHCHECK ${times} --retries=1 --start-period=8s CMD test -e /tmp/ready\n${command}`,
    health: 'healthy',
    uses: '/tmp/ready',
  },
  {
    name: 'failing',
    instructions: `HEALTHCHECK ${times} --retries=2 CMD cat /etc/issue.net; exit 1\n${command}`,
    health: 'unhealthy',
    uses: '/etc/issue.net',
  },
  {
    name: 'endless',
    instructions: `HEALTHCHECK --interval=100ms --timeout=300ms --retries=1 CMD sleep 30\n${command}`,
    health: 'unhealthy',
  },
  {
    name: 'missing',
    instructions: `HEALTHCHECK ${times} --retries=1 CMD ["/no/such/check"]\n${command}`,
    health: 'unhealthy',
  },
];

describe("the image's health check, which the sensor's run makes in the daemon's place", () => {
  it.each(cases)('has the result that the daemon has, and its files are seen: $name', async (one) => {
    const tag = build(one.name, testBase(), one.instructions);
    const [seen, health] = await Promise.all([observeImage(tag), healthOf(tag)]);
    expect(health).toBe(one.health);
    expectSame(seen, one);
  });

  it('is that of the base image where the image says nothing, and none where it says so', async () => {
    const check = `HEALTHCHECK ${times} CMD ["cat", "/etc/issue.net"]`;
    const base = build('base', testBase(), check);
    const heir = build('heir', base, command);
    const disowned = build('disowned', base, `HEALTHCHECK NONE\n${command}`);
    expect(await healthOf(heir)).toBe('healthy');
    expectSame(await observeImage(heir), {
      ...{ name: 'heir', instructions: '', health: 'healthy', uses: '/etc/issue.net' },
    });
    expectSame(await observeImage(disowned), { name: 'disowned', instructions: '', health: undefined });
  });
});

function expectSame(seen: Observation, { command: title, health, uses }: Case): void {
  const answers = seen.answers.map((answer) =>
    answer.kind === 'exec' && answer.exitCode === 0 ? 'healthy' : 'unhealthy',
  );
  expect(answers).toEqual(health === undefined ? [] : [health]);
  expect(seen.account).toMatchObject({ lost: 0, unreadable: 0, complete: true });
  const paths = seen.files.map(({ path }) => `${path}`);
  if (uses !== undefined) expect(paths).toContain(uses);
  else expect(paths).not.toContain('/etc/issue.net');
  if (title !== undefined) expect(seen.probes).toEqual([title]);
}
