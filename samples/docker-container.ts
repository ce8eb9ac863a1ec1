import { randomUUID } from 'node:crypto';
import type { FullTest } from './full-test.ts';
import { docker, runCommand } from './run-command.ts';
import type { StartedContainer } from './started-container.ts';

async function publishedPorts(container: string, ports: readonly number[]): Promise<Map<number, number>> {
  const published = new Map<number, number>();
  for (const port of ports) {
    const [first] = (await docker('port', container, `${port}/tcp`)).split('\n');
    published.set(port, Number(first?.split(':').at(-1)));
  }
  return published;
}

/** Removes the container and those that its checks started, also where a check gave up waiting for one. */
async function removeAll(name: string): Promise<void> {
  const started = await docker('ps', '-aq', '--filter', `label=pare.samples.test=${name}`);
  await runCommand(['docker', 'rm', '-fv', name, ...started.split('\n').filter(Boolean)]);
}

/** Starts a sample's container by the docker CLI. */
export async function startByDocker(test: FullTest, image: string): Promise<StartedContainer> {
  const name = `pare-sample-${test.name}-${randomUUID()}`;
  const publish = test.ports.flatMap((port) => ['-p', `127.0.0.1::${port}`]);
  const label = ['--label', `pare.samples.test=${name}`];
  try {
    const { options = [], command = [] } = test.start ?? {};
    await docker('run', '-d', ...label, '--name', name, ...publish, ...options, image, ...command);
    let published = await publishedPorts(name, test.ports);
    return {
      target: {
        hostPort(port) {
          const found = published.get(port);
          if (found === undefined)
            throw new Error(`port ${port} of the ${test.name} sample is not published`);
          return found;
        },
        exec: (argv, options) => {
          const user = options?.user === undefined ? [] : ['--user', options.user];
          return runCommand(['docker', 'exec', '-i', ...user, name, ...argv], options?.input);
        },
        runOnce: (argv, more = []) =>
          runCommand(['docker', 'run', '--rm', ...label, ...more, image, ...argv]),
        async restart() {
          await docker('restart', name);
          // The engine chooses new ports of the host.
          published = await publishedPorts(name, test.ports);
        },
        async signal(signal) {
          await docker('kill', '--signal', signal, name);
        },
        async logs() {
          const { stdout, stderr } = await runCommand(['docker', 'logs', name]);
          return stdout + stderr;
        },
      },
      isRunning: async () => (await docker('inspect', '--format', '{{.State.Running}}', name)) === 'true',
      [Symbol.asyncDispose]: () => removeAll(name),
    };
  } catch (error) {
    await removeAll(name);
    throw error;
  }
}
