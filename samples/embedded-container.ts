import { openEmbeddedEngine, plainRun } from '@pare/testkit';
import type { CommandResult, FullTest } from './full-test.ts';
import type { StartedContainer } from './started-container.ts';

/** What the embedded engine is asked for, beside an image and how it is run. */
const asDocker = {
  binds: [],
  publishLoopback: [],
  addCapabilities: [],
  dropCapabilities: [],
  noNewPrivileges: false,
  disableHealthcheck: true,
} as const;

/**
 * Starts a sample's container by Pare's embedded engine, out of Pare's own store. What only docker has (flags of docker run,
 * restart, a command as another user) throws: no sample needs it.
 */
export async function startByEmbedded(test: FullTest, image: string): Promise<StartedContainer> {
  const { options = [], command } = test.start ?? {};
  if (options.length > 0) throw new Error(`the ${test.name} sample needs flags of docker run`);
  const engine = await openEmbeddedEngine();
  try {
    const publish = test.ports.map((port) => `127.0.0.1::${port}`);
    const run = { ...plainRun, publish, ...(command === undefined ? {} : { command }) };
    const container = await engine.createContainer({ ...asDocker, image, run });
    await container.start();
    const published = new Map(
      (await container.ports()).map(({ containerPort, hostPort }) => [containerPort, hostPort]),
    );
    return {
      target: {
        hostPort(port) {
          const found = published.get(port);
          if (found === undefined)
            throw new Error(`port ${port} of the ${test.name} sample is not published`);
          return found;
        },
        async exec(argv, options = {}) {
          if (options.user !== undefined) throw new Error('a command runs as the user of the image');
          const { exitCode, stdout, stderr } = await container.exec(argv, {
            ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
          });
          return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
        },
        async runOnce(argv, more = []) {
          if (more.length > 0) throw new Error('a second container has no flags of docker run');
          const again = { ...plainRun, command: argv };
          await using second = await engine.createContainer({ ...asDocker, image, run: again });
          await second.start();
          const exitCode = await second.wait();
          return { exitCode, ...(await outputOf(second)) };
        },
        signal: (name) => container.kill(`SIG${name}`),
        restart: () => Promise.reject(new Error('the embedded engine restarts no container')),
        logs: async () => {
          // They end with the container: what is there so far is asked for.
          const { stdout, stderr } = await outputOf(container, AbortSignal.timeout(500));
          return stdout + stderr;
        },
      },
      isRunning: async () => (await container.state()).running,
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

type Embedded = Awaited<ReturnType<typeof openEmbeddedEngine>>;

async function outputOf(
  container: Awaited<ReturnType<Embedded['createContainer']>>,
  signal?: AbortSignal,
): Promise<Pick<CommandResult, 'stdout' | 'stderr'>> {
  const chunks: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  try {
    for await (const { stream, data } of container.logs(signal)) chunks[stream].push(data);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  return { stdout: textOf(Buffer.concat(chunks.stdout)), stderr: textOf(Buffer.concat(chunks.stderr)) };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
