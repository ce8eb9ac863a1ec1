import { writeDockerArchive } from '@pare/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ContainerSpec } from '../../packages/pare/src/ports/container-engine.ts';
import { syscallNumbers } from '../../packages/sensor/src/generated/syscall-numbers.ts';
import { type RealEngine, realEngine, realPodmanEngine, testBase } from '../../packages/testkit/src/index.ts';
import { bytesOf, outcomeOf, shell, specOf } from './engine/run-container.ts';

// What Podman 4.3 does in other words than Docker. The whole contract is not run on it: docs/sources-and-sinks.md says what it lacks.
let real: RealEngine;
let image = '';
beforeAll(async () => {
  real = await realPodmanEngine();
  await using docker = await realEngine();
  await using base = await docker.engine.openImage(testBase());
  image = await real.engine.storeImage(writeDockerArchive(base, []));
});
afterAll(() => real?.[Symbol.asyncDispose]());

const outcome = (rest: Partial<ContainerSpec>) => outcomeOf(real.engine, specOf(image, {}, rest));

it('gives output by stream and the exit code, under a seccomp profile of ours', async () => {
  const names = Object.keys(syscallNumbers).filter((name) => name !== 'mkdir' && name !== 'mkdirat');
  const seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  } as const;
  const said = await outcome({ ...shell('echo out; mkdir /tmp/x; exit 7'), seccomp });
  expect(said).toMatchObject({ stdout: 'out\n', exitCode: 7 });
  expect(said.stderr).toContain('Operation not permitted');
});

it('tells a program that cannot be started from a failing engine, and leaves nothing', async () => {
  for (const argv of [['/nonexistent'], ['nonexistent'], ['/etc/passwd']])
    await expect(outcome({ argv })).rejects.toMatchObject({ code: 'container-exited' });
  expect((await real.engine.listOwned()).containers).toEqual([]);
});

it('takes a signal for a container that has ended as no failure, and still gives its files', async () => {
  await using container = await real.engine.createContainer(specOf(image, {}, shell('exit 9')));
  const ended = container.wait();
  await container.start();
  expect(await ended).toBe(9);
  await container.kill('KILL');
  expect(await container.state()).toMatchObject({ running: false, exitCode: 9 });
  expect((await bytesOf(container.copyOut('/etc/passwd'))).length).toBeGreaterThan(512);
});
