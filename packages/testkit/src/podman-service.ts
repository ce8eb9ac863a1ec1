import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hostPath } from '@pare/oci';
import { detectEngine } from '../../pare/src/engine/detect.ts';
import type { RealEngine } from './real-engine.ts';

const execute = promisify(execFile);

/** A Podman of its own: storage, networks and socket are in a directory that goes with it. */
export interface PodmanService extends AsyncDisposable {
  /** For `--host` and `CONTAINER_HOST`. */
  readonly address: string;
  /** Runs podman's own command on the same storage and gives its standard output. Throws with its complaint when it fails. */
  podman(...args: readonly string[]): Promise<string>;
}

/**
 * Starts `podman system service`. Fails, rather than skip what needs it, when podman is not installed (Debian: podman).
 *
 * The settings are what a machine without systemd and without CAP_SYS_RESOURCE needs: cgroupfs; runc, since crun stumbles over hybrid
 * cgroups; and limits no higher than the machine's, both values equal, since Podman 4.3 swaps them on its way through the API.
 */
export async function startPodman(): Promise<PodmanService> {
  const directory = await mkdtemp(join(tmpdir(), 'pare-podman-'));
  const config = join(directory, 'containers.conf');
  await writeFile(
    config,
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_config_dir = "${join(directory, 'networks')}"
`,
  );
  const env = { ...process.env, CONTAINERS_CONF: config };
  const storage = [
    ...['--root', join(directory, 'root'), '--runroot', join(directory, 'run')],
    ...['--tmpdir', join(directory, 'tmp'), '--storage-driver', 'overlay'],
  ];
  const socket = join(directory, 'podman.sock');
  const log = join(directory, 'log');
  const child = spawn(
    'sh',
    ['-c', 'log=$1; shift; exec podman "$@" >"$log" 2>&1', 'sh', log, ...storage, 'system', 'service'].concat(
      '--time',
      '0',
      `unix://${socket}`,
    ),
    // conmon leaves a file where it is started.
    { env, stdio: 'ignore', cwd: directory },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const podman = async (...args: readonly string[]) =>
    (await execute('podman', [...storage, ...args], { env, maxBuffer: 2 ** 26 })).stdout.trim();
  const dispose = async () => {
    child.kill('SIGTERM');
    await ended;
    await podman('rm', '--all', '--force', '--time', '0').catch(() => undefined);
    // What is mounted in it could not be removed.
    await podman('unmount', '--all', '--force').catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await listens(socket, () => child.exitCode !== null);
  } catch (cause) {
    const said = await readFile(log, 'utf8').catch(() => '');
    await dispose();
    throw new Error(`podman does not start (Debian: podman): ${said}`, { cause });
  }
  return { address: `unix://${socket}`, podman, [Symbol.asyncDispose]: dispose };
}

async function listens(socket: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!hasEnded() && Date.now() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const connection = connect(socket, () => resolve(true));
      connection.once('error', () => resolve(false));
      connection.once('connect', () => connection.destroy());
    });
    if (open) return;
    await delay(20);
  }
  throw new Error(hasEnded() ? 'it ended' : 'it does not listen');
}

/** Podman as an engine, on a service of its own. Disposing of it removes all that was made. */
export async function realPodmanEngine(): Promise<RealEngine> {
  const service = await startPodman();
  const runId = `test.${process.pid}.${randomBytes(4).toString('hex')}`;
  const directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-test-')));
  const dispose = async () => {
    await service[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const engine = await detectEngine({
      engine: 'podman',
      host: service.address,
      runId,
      cacheDirectory: directory,
      temporaryDirectory: directory,
    });
    return {
      ...{ engine, runId, directory },
      async [Symbol.asyncDispose]() {
        try {
          await engine[Symbol.asyncDispose]();
        } finally {
          await dispose();
        }
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
