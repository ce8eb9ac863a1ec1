import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPodman } from '../packages/testkit/src/podman-service.ts';
import { runCommand } from '../samples/run-command.ts';

const repository = join(import.meta.dirname, '..');
export const pare = join(repository, 'bin/pare');

export const allSamples: readonly string[] = ['node', 'python', 'ruby', 'java', 'nginx', 'cli'];

export const sampleEngines = ['docker', 'embedded', 'rootless', 'podman'] as const;

export type SampleEngineName = (typeof sampleEngines)[number];

/** Reads a list of engines, parted by commas; undefined where one of them is none. */
export function parseEngines(list: string): readonly SampleEngineName[] | undefined {
  const names = list.split(',').map((word) => sampleEngines.find((name) => name === word));
  return names.every((name) => name !== undefined) ? names : undefined;
}

/** An engine that has the sample images, as the command line of Pare reaches it. */
export interface SampleEngine extends AsyncDisposable {
  readonly name: SampleEngineName;
  /** What comes before `build`: who runs Pare, and its global options. */
  readonly command: readonly string[];
  /** A directory that whoever runs Pare may write to. */
  readonly directory: string;
  /** What the engine calls a sample's image. */
  imageOf(sample: string): string;
  /** Brings a sample's image in from Docker, where it is not there yet. */
  bring(sample: string): Promise<void>;
  /** Removes a name and what it alone stands for; one that is not there is passed over. */
  forget(tag: string): Promise<void>;
}

/** Opens an engine for a bench. What it does not have of its own is put into a directory that goes with it. Throws where it does not answer. */
export async function openSampleEngine(name: SampleEngineName): Promise<SampleEngine> {
  const directory = await mkdtemp(join(tmpdir(), `pare-bench-${name}-`));
  try {
    switch (name) {
      case 'docker':
        return await openDocker(directory);
      case 'embedded':
        return openEmbedded(directory);
      case 'rootless':
        return await openRootless(directory);
      case 'podman':
        return await openPodman(directory);
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Runs a program to its end and gives its output. Throws with its words when it fails. */
export async function run(argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv);
  if (exitCode === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with ${exitCode}\n${stdout}${stderr}`);
}

const imageOf = (sample: string) => `pare-samples/${sample}:latest`;

async function openDocker(directory: string): Promise<SampleEngine> {
  await run(['docker', 'version', '--format', '{{.Server.Version}}']);
  return {
    name: 'docker',
    command: [...withCache(directory), pare, '--engine', 'docker'],
    directory,
    imageOf,
    bring: async (sample) => void (await run(['docker', 'image', 'inspect', imageOf(sample)])),
    forget: async (tag) => void (await runCommand(['docker', 'image', 'rm', tag])),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function openEmbedded(directory: string): SampleEngine {
  return {
    ...ownStore('embedded', directory, []),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The embedded engine of a user who is made for it, with subordinate IDs as useradd(8) gives them, and goes with it. */
async function openRootless(directory: string): Promise<SampleEngine> {
  const user = `pare-bench-${process.pid}`;
  await run([
    'useradd',
    '--system',
    '--no-create-home',
    '--add-subids-for-system',
    '--home-dir',
    directory,
    user,
  ]);
  const removeUser = async () => void (await runCommand(['userdel', user]));
  try {
    await run(['chown', `${user}:`, directory]);
    // The store's directories are closed to others; what leads to them must not be.
    await chmod(directory, 0o755);
    const as = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--'];
    return {
      ...ownStore('rootless', directory, as),
      async [Symbol.asyncDispose]() {
        await rm(directory, { recursive: true, force: true });
        await removeUser();
      },
    };
  } catch (error) {
    await removeUser();
    throw error;
  }
}

/** The embedded engine with a store below `directory`. */
function ownStore(
  name: 'embedded' | 'rootless',
  directory: string,
  as: readonly string[],
): Omit<SampleEngine, typeof Symbol.asyncDispose> {
  const command = [
    ...as,
    ...withCache(directory, `XDG_DATA_HOME=${join(directory, 'data')}`, `HOME=${directory}`),
    ...[pare, '--engine', 'embedded'],
  ];
  return {
    name,
    command,
    directory,
    imageOf,
    bring: async (sample) =>
      void (await run([
        'sh',
        '-c',
        'image=$1; shift; docker save "$image" | "$@"',
        'sh',
        imageOf(sample),
        ...command,
        '--quiet',
        'load',
      ])),
    forget: async (tag) => void (await runCommand([...command, 'rmi', tag])),
  };
}

async function openPodman(directory: string): Promise<SampleEngine> {
  const podman = await startPodman();
  const local = (sample: string) => `localhost/${imageOf(sample)}`;
  return {
    name: 'podman',
    command: [...withCache(directory), pare, '--engine', 'podman', '--host', podman.address],
    directory,
    imageOf: local,
    async bring(sample) {
      const archive = join(directory, `${sample}.tar`);
      await run(['docker', 'save', '--output', archive, imageOf(sample)]);
      await podman.podman('load', '--quiet', '--input', archive);
      await rm(archive);
    },
    forget: async (tag) => void (await podman.podman('rmi', tag).catch(() => undefined)),
    async [Symbol.asyncDispose]() {
      await podman[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Nothing of the user's own caches is used or filled. */
function withCache(directory: string, ...assignments: readonly string[]): readonly string[] {
  return ['env', `XDG_CACHE_HOME=${join(directory, 'cache')}`, `TMPDIR=${directory}`, ...assignments];
}
