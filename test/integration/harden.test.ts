import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ubiquitousCalls } from '@pare/sensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seccompProfile } from '../../packages/pare/src/harden/seccomp.ts';
import type { SyscallUse } from '../../packages/pare/src/model/observation.ts';

const run = promisify(execFile);
const image = `pare-test-harden:${process.pid}`;
let directory: string;
let profiles = 0;

/** Programs of this machine with their libraries: no base image is needed to try a profile. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-harden-'));
  const programs = ['/bin/dash', '/bin/mknod', '/bin/cat', '/bin/true'];
  const libraries = programs.flatMap(
    (program) => execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [],
  );
  const archive = join(directory, 'root.tar');
  const files = [...new Set([...programs, ...libraries])];
  await run('tar', [
    '-chf',
    archive,
    '--transform',
    's,^,root,',
    '--absolute-names',
    '--transform',
    's,^root/,,',
    ...files,
  ]);
  await run('docker', ['import', archive, image]);
});

afterAll(async () => {
  await run('docker', ['image', 'rm', image]);
  await rm(directory, { recursive: true });
});

/** What such programs were seen to call, beside the calls that the sensor assumes used. */
const seen = ['openat', 'newfstatat', 'access', 'execve', 'statfs', 'fadvise64', 'rt_sigsuspend'];

async function dockerRun(
  names: readonly string[],
  script: string,
  options: readonly string[] = [],
): Promise<{ readonly code: number; readonly output: string }> {
  const syscalls = names.map(
    (name): SyscallUse => ({ arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64', name, phase: 'serving' }),
  );
  const account = { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] } as const;
  const { profile } = seccompProfile({
    observation: { syscalls, account },
    assumedSyscalls: ubiquitousCalls,
  });
  const file = join(directory, `${profiles++}.json`);
  await writeFile(file, JSON.stringify(profile));
  const argv = [
    'run',
    '--rm',
    '--network',
    'none',
    '--label',
    'dev.pare.run=test-harden',
    '--security-opt',
    `seccomp=${file}`,
    ...options,
  ];
  try {
    const { stdout, stderr } = await run('docker', [...argv, image, '/bin/dash', '-c', script]);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, output: failed.stdout + failed.stderr };
  }
}

test.each([
  [[]],
  [['--user', '65534:65534']],
  [['--user', '65534:65534', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']],
  [['--read-only', '--tmpfs', '/tmp', '--workdir', '/tmp']],
  [['--init']],
])('the runtime starts a program under a profile made of what the program called: %j', async (options) => {
  expect(
    await dockerRun(
      seen,
      '/bin/true && (echo in a child) && /bin/cat /etc/hostname | while read -r name; do echo piped; done',
      options,
    ),
  ).toEqual({
    code: 0,
    output: 'in a child\npiped\n',
  });
});

test('a call that was not observed is refused with EPERM, and allowed once it was', async () => {
  const script = '/bin/mknod /fifo p && echo made';
  expect(await dockerRun(seen, script)).toEqual({
    code: 1,
    output: '/bin/mknod: /fifo: Operation not permitted\n',
  });
  expect(await dockerRun([...seen, 'mknod'], script)).toEqual({ code: 0, output: 'made\n' });
});
