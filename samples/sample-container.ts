import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandResult, FullTest, SampleTarget } from './full-test.ts';

const outputLimitBytes = 64 * 1024 * 1024;

/** Runs a program of the host to its end; does not throw for an exit code. Output beyond 64 MiB is an error. */
export function runCommand(argv: readonly string[], input?: string | Uint8Array): Promise<CommandResult> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error('a command needs a program');
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    const collected: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    let sizeBytes = 0;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes <= outputLimitBytes) collected[stream].push(chunk);
        else child.kill('SIGKILL');
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (sizeBytes > outputLimitBytes)
        return reject(new Error(`${argv.join(' ')}: more output than ${outputLimitBytes} bytes`));
      const text = (stream: 'stdout' | 'stderr') => Buffer.concat(collected[stream]).toString();
      resolve({
        exitCode: code ?? (signal === null ? 1 : 128),
        stdout: text('stdout'),
        stderr: text('stderr'),
      });
    });
    // A program may end without reading its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** Runs the docker CLI and gives its standard output. Throws with its standard error when it fails. */
export async function docker(...argv: readonly string[]): Promise<string> {
  const result = await runCommand(['docker', ...argv]);
  if (result.exitCode !== 0) throw new Error(`docker ${argv.join(' ')}: ${result.stderr.trim()}`);
  return result.stdout.trim();
}

async function publishedPorts(container: string, ports: readonly number[]): Promise<Map<number, number>> {
  const published = new Map<number, number>();
  for (const port of ports) {
    const [first] = (await docker('port', container, `${port}/tcp`)).split('\n');
    published.set(port, Number(first?.split(':').at(-1)));
  }
  return published;
}

async function untilReady(
  test: FullTest,
  container: string,
  target: SampleTarget,
  deadlineMs: number,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last = 'it said that it is not ready';
  for (;;) {
    try {
      if (await test.isReady(target)) return;
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
    }
    const running = (await docker('inspect', '--format', '{{.State.Running}}', container)) === 'true';
    if (running && Date.now() < end) {
      await pause(50);
      continue;
    }
    const logs = await runCommand(['docker', 'logs', '--tail', '40', container]);
    const state = running ? `is not ready after ${deadlineMs} ms (${last})` : 'has exited';
    throw new Error(`the ${test.name} sample ${state}\n${logs.stdout}${logs.stderr}`);
  }
}

/** Removes the container and those that its checks started, also where a check gave up waiting for one. */
async function removeAll(name: string): Promise<void> {
  const started = await docker('ps', '-aq', '--filter', `label=pare.samples.test=${name}`);
  await runCommand(['docker', 'rm', '-fv', name, ...started.split('\n').filter(Boolean)]);
}

/** A running container of a sample; removed on disposal. */
export class SampleContainer implements AsyncDisposable {
  readonly target: SampleTarget;
  readonly #container: string;

  private constructor(container: string, target: SampleTarget) {
    this.#container = container;
    this.target = target;
  }

  /**
   * Starts `image` with its own command and waits until the test calls it ready. Throws, with the container's last
   * output, when it exits or is not ready in `deadlineMs`; nothing is left behind then.
   */
  static async start(test: FullTest, image: string, deadlineMs = 60_000): Promise<SampleContainer> {
    const name = `pare-sample-${test.name}-${randomUUID()}`;
    const publish = test.ports.flatMap((port) => ['-p', `127.0.0.1::${port}`]);
    const exec: SampleTarget['exec'] = (argv, options) =>
      runCommand(
        [
          'docker',
          'exec',
          '-i',
          ...(options?.user === undefined ? [] : ['--user', options.user]),
          name,
          ...argv,
        ],
        options?.input,
      );
    try {
      const { options = [], command = [] } = test.start ?? {};
      const label = ['--label', `pare.samples.test=${name}`];
      await docker('run', '-d', ...label, '--name', name, ...publish, ...options, image, ...command);
      let published = await publishedPorts(name, test.ports);
      const hostPort = (port: number): number => {
        const found = published.get(port);
        if (found === undefined) throw new Error(`port ${port} of the ${test.name} sample is not published`);
        return found;
      };
      const [first] = test.ports;
      const target: SampleTarget = {
        get baseUrl() {
          return first === undefined ? '' : `http://127.0.0.1:${hostPort(first)}`;
        },
        hostPort,
        exec,
        runOnce: (argv, more = []) =>
          runCommand(['docker', 'run', '--rm', ...label, ...more, image, ...argv]),
        async restart() {
          await docker('restart', name);
          // The engine chooses new ports of the host.
          published = await publishedPorts(name, test.ports);
          await untilReady(test, name, target, deadlineMs);
        },
        async logs() {
          const { stdout, stderr } = await runCommand(['docker', 'logs', name]);
          return stdout + stderr;
        },
      };
      await untilReady(test, name, target, deadlineMs);
      return new SampleContainer(name, target);
    } catch (error) {
      await removeAll(name);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeAll(this.#container);
  }
}
