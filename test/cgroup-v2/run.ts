import { spawn } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testBase } from '../../packages/testkit/src/index.ts';
import { runCommand } from '../../samples/run-command.ts';
import { readCommandLine } from '../../scripts/command-line.ts';

// Runs the contract for limits where control groups are of version 2 alone: in an emulated machine (docs/embedded-engine.md).

readCommandLine({
  text: `usage: node test/cgroup-v2/run.ts
Runs the contract for limits where control groups are of version 2 alone, in an emulated machine. It takes about eight minutes.
`,
  options: {},
  names: [],
});

const repository = join(import.meta.dirname, '../..');
const image = `pare-test/cgroup-v2:${process.pid}`;
const deadlineMs = 40 * 60_000;
/** What the tests in the guest do without: half of the packages by size. */
const unneeded =
  /^(node2[02]-linux-x64|@biomejs|typescript|knip|@jscpd|@oxc-\w+|oxc-parser|@esbuild|playwright.*|\.bin|\.cache)$/;

const directory = await mkdtemp(join(tmpdir(), 'pare-cgroup-v2-'));
try {
  const kernel = await fetchKernel();
  await makeGuest();
  await makeInitramfs();
  process.exitCode = await boot(kernel);
} finally {
  await runCommand(['docker', 'image', 'rm', image]);
  await rm(directory, { recursive: true, force: true });
}

async function run(argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv);
  if (exitCode === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with ${exitCode}\n${stdout}${stderr}`);
}

/** Debian's kernel for virtual machines and a static busybox, unpacked and not installed. */
async function fetchKernel(): Promise<string> {
  const [, name] =
    /Depends: (linux-image-\S+)/.exec(await run(['apt-cache', 'depends', 'linux-image-cloud-amd64'])) ?? [];
  if (name === undefined) throw new Error('apt knows no linux-image-cloud-amd64');
  const unpacked = join(directory, 'packages');
  await mkdir(unpacked);
  await run(['sh', '-c', 'cd "$1"; shift; apt-get download "$@"', 'sh', directory, name, 'busybox-static']);
  for (const file of await readdir(directory))
    if (file.endsWith('.deb')) await run(['dpkg-deb', '--extract', join(directory, file), unpacked]);
  const [kernel] = (await readdir(join(unpacked, 'boot'))).filter((file) => file.startsWith('vmlinuz-'));
  return join(unpacked, 'boot', kernel ?? '');
}

/** The guest's files: Debian with runtimes, this repository, an image to run. */
async function makeGuest(): Promise<void> {
  const guest = join(directory, 'root/guest');
  const context = join(directory, 'context');
  for (const path of [context, guest]) await mkdir(path, { recursive: true });
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM ${testBase()}
RUN apt-get update && apt-get install -y --no-install-recommends runc crun iproute2 util-linux mount && apt-get clean
`,
  );
  await run(['docker', 'build', '--quiet', '--tag', image, context]);
  const container = (await run(['docker', 'create', image])).trim();
  try {
    await run(['sh', '-c', 'docker export "$1" | tar -x -C "$2"', 'sh', container, guest]);
  } finally {
    await run(['docker', 'rm', container]);
  }
  await run(['docker', 'save', '--output', join(guest, 'image.tar'), testBase()]);
  const there = join(guest, 'repository');
  for (const part of ['package.json', 'packages', 'test/cgroup-v2', 'test/integration/engine'])
    await cp(join(repository, part), join(there, part), { recursive: true, verbatimSymlinks: true });
  await mkdir(join(there, 'node_modules'));
  for (const name of await readdir(join(repository, 'node_modules')))
    if (!unneeded.test(name))
      await run(['cp', '-a', join(repository, 'node_modules', name), join(there, 'node_modules')]);
}

async function makeInitramfs(): Promise<void> {
  const root = join(directory, 'root');
  for (const name of ['bin', 'proc']) await mkdir(join(root, name));
  await copyFile(join(directory, 'packages/bin/busybox'), join(root, 'bin/busybox'));
  await copyFile(join(import.meta.dirname, 'init.sh'), join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  await cp(join(directory, 'packages/lib/modules'), join(root, 'lib/modules'), { recursive: true });
  const busybox = join(root, 'bin/busybox');
  const pack = `cd "$1" && find . | "$2" cpio -o -H newc >"$3"`;
  await run(['sh', '-c', pack, 'sh', root, busybox, join(directory, 'initramfs')]);
}

/** Boots it and shows what it prints; gives the exit code of its tests. */
function boot(kernel: string): Promise<number> {
  // Emulated also where there is a /dev/kvm: in a virtual machine it may be one that does not work.
  const machine = ['-m', '4096', '-smp', '2', '-accel', 'tcg', '-cpu', 'max', '-nographic', '-no-reboot'];
  const system = ['-kernel', kernel, '-initrd', join(directory, 'initramfs')];
  const child = spawn(
    'qemu-system-x86_64',
    [...machine, ...system, '-append', 'console=ttyS0 quiet panic=-1 cgroup_no_v1=all'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-10_000);
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(Number(/GUEST ENDED WITH (\d+)/.exec(said)?.[1] ?? 1));
    });
  });
}
