import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { locateSensor } from '@pare/sensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../packages/pare/src/model/observation.ts';
import type { SensorOptions } from '../../packages/pare/src/model/sensor-options.ts';
import { findUser } from '../../packages/pare/src/observe/container/find-user.ts';
import { observe } from '../../packages/pare/src/observe/observe.ts';
import type { ContainerEngine } from '../../packages/pare/src/ports/container-engine.ts';
import { plainRun, type RealEngine, realEngine, testBase } from '../../packages/testkit/src/index.ts';

const tag = `pare-sensor-observation-${process.pid}:app`;
const { signal } = new AbortController();
const quiet = {
  stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  warn: () => undefined,
};
let real: RealEngine;
let engine: ContainerEngine;
let directory = '';

/** Does what an init script does: gives files away, drops its rights (157 is prctl, 24 PR_CAPBSET_DROP), binds and serves. */
const script = `use Socket; use POSIX;
mkdir "/var/spool/app"; chown 33, 33, "/var/spool/app"; chmod 0700, "/var/spool/app"; open F, ">/var/spool/app/state"; print F 1; close F;
socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_LOOPBACK)) or die; listen(S, 1);
syscall(157, 24, 30, 0, 0, 0) == 0 or die;
POSIX::setgid(33); POSIX::setuid(33); open F, "/etc/shadow"; open F, "/etc/hostname"; print "$>\\n"; exit 6`;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-test-observation-'));
  writeFileSync(join(directory, 'app.pl'), script);
  writeFileSync(
    join(directory, 'Dockerfile'),
    `FROM ${testBase()}\nCOPY app.pl /app.pl\nCMD ["perl", "/app.pl"]\n`,
  );
  execFileSync('docker', ['build', '-q', '--label', 'pare.test=sensor', '-t', tag, directory], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  real = await realEngine(signal);
  engine = real.engine;
});

afterAll(async () => {
  await real[Symbol.asyncDispose]();
  execFileSync('docker', ['rmi', '-f', tag], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
});

async function observeApp(sensorOptions: Partial<SensorOptions>): Promise<Observation> {
  const image = await engine.inspectImage(tag);
  await using opened = await engine.openImage(tag);
  return observe({
    engine,
    image,
    config: opened.config,
    user: await findUser(opened, plainRun, signal),
    scenario: {
      run: plainRun,
      probes: [{ kind: 'exec', command: 'cat /etc/issue.net' }],
      ports: [],
      continueAfter: 'app-exit',
      readinessTimeoutMs: 20_000,
      observeMs: 5000,
      probeTimeoutMs: 10_000,
    },
    sensor: locateSensor('amd64'),
    sensorOptions,
    temporaryDirectory: hostPath(directory),
    progress: quiet,
    signal,
    tolerateFailure: true,
  });
}

const used = ({ capabilities = [] }: Observation): string[] =>
  capabilities.map(({ capability, certainty, why }) => `${certainty} ${capability}: ${why}`);

describe('an observation', () => {
  it('tells which capabilities, arguments and writes a daemon that drops its rights needed', async () => {
    const seen = await observeApp({});
    expect(seen.exitCode).toBe(6);
    expect(used(seen)).toEqual([
      'certain CAP_CHOWN: chown(33, 33) on /var/spool/app',
      'certain CAP_FOWNER: chmod(448) on /var/spool/app',
      // Docker's networks let everybody bind it.
      'likely CAP_NET_BIND_SERVICE: bind 127.0.0.1:80',
      'certain CAP_SETGID: setgid(33)',
      'certain CAP_SETPCAP: prctl(24)',
      'certain CAP_SETUID: setuid(33)',
    ]);
    expect(seen.arguments?.map(({ syscall, name }) => `${syscall} ${name}`)).toContain('socket AF_INET');
    expect(seen.writes).toContainEqual(
      expect.objectContaining({
        directory: '/var/spool',
        accesses: expect.arrayContaining(['create', 'change']),
      }),
    );
    expect(seen.account).toMatchObject({
      mode: 'notify',
      layout: 'application-first',
      privileges: 'full',
      complete: true,
      lost: 0,
      unreadable: 0,
    });
  });

  it('says what it cannot see without privileges, and sees the rest', async () => {
    const seen = await observeApp({ privileges: 'none' });
    expect(seen.account).toMatchObject({ privileges: 'none', complete: true, lost: 0 });
    // What has changed its user may not be looked into: it is counted.
    expect(seen.account.unreadable).toBeGreaterThan(0);
    expect(seen.account.blindSpots?.map(({ kind }) => kind)).toContain('setuid-programs');
    const paths = seen.files.map(({ path }) => `${path}`);
    expect(paths).toEqual(expect.arrayContaining(['/app.pl', '/var/spool/app/state', '/etc/issue.net']));
    expect(used(seen)).toContain('certain CAP_SETUID: setuid(33)');
  });

  it('is made with the sensor as the first process where that is asked for', async () => {
    const seen = await observeApp({ layout: 'sensor-first' });
    expect(seen.exitCode).toBe(6);
    expect(seen.account).toMatchObject({ layout: 'sensor-first', complete: true, lost: 0 });
    expect(seen.processes[0]?.pid).not.toBe(1);
  });
});
