import { spawn } from 'node:child_process';
import type { Answer } from '../../../model/observation.ts';
import { OutOfTime, withDeadline } from '../deadline.ts';
import { judgeCommand } from '../expectation.ts';
import type { ProbeOf, ProbeRunner } from '../probe.ts';
import { type LoopbackPorts, openLoopbackPorts } from './loopback-ports.ts';

const outputLimitBytes = 64 * 1024;

/** The user's own test suite, on this machine, against the published ports. */
export const hostProbe: ProbeRunner<'host'> = {
  id: 'host',
  needs: 'machine',
  title: (probe) => `on the host: ${probe.command}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const started = performance.now();
    await using ports = await openLoopbackPorts(context.addresses);
    try {
      const ended = await withDeadline(probe.timeoutMs, context.signal, (signal) =>
        runCommand(probe, ports, signal),
      );
      const elapsedMs = performance.now() - started;
      const { command, expect } = probe;
      return [judgeCommand({ kind: 'exec', command, onHost: true, ...ended, elapsedMs }, expect)];
    } catch (error) {
      context.signal.throwIfAborted();
      const message =
        error instanceof OutOfTime
          ? `did not end within ${probe.timeoutMs / 1000} s`
          : `cannot be run: ${error instanceof Error ? error.message : String(error)}`;
      return [{ kind: 'failed', probe: `on the host: ${probe.command}`, port: undefined, message }];
    }
  },
};

/**
 * Where the application is, for a test suite: `PARE_HOST` and `PARE_PORT` of the first port, `PARE_URL` of it, and
 * `PARE_PORT_8080`, `PARE_HOST_8080` of the container's port 8080.
 */
export function addressVariables(addresses: LoopbackPorts['addresses']): Readonly<Record<string, string>> {
  const [first] = addresses.values();
  const variables: Record<string, string> = {};
  if (first !== undefined) {
    const host = first.host.includes(':') ? `[${first.host}]` : first.host;
    variables.PARE_HOST = first.host;
    variables.PARE_PORT = String(first.port);
    variables.PARE_URL = `http://${host}:${first.port}`;
  }
  for (const [port, address] of addresses) {
    variables[`PARE_PORT_${port}`] = String(address.port);
    variables[`PARE_HOST_${port}`] = address.host;
  }
  return variables;
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In a process group of its own, so that nothing of it goes on when it is cut short. */
function runCommand(probe: ProbeOf<'host'>, ports: LoopbackPorts, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', probe.command], {
      cwd: probe.workdir,
      env: { ...process.env, ...addressVariables(ports.addresses), ...probe.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stdout = boundedText();
    const stderr = boundedText();
    child.stdout.on('data', stdout.add);
    child.stderr.on('data', stderr.add);
    const kill = () => {
      killGroup(child.pid);
      reject(signal.reason);
    };
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      // One that a signal ended has no exit code; shells say 128 and its number.
      resolve({ exitCode: code ?? 255, stdout: stdout.text(), stderr: stderr.text() });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Test suites say at the end what failed: the end is kept. */
function boundedText() {
  let kept: Uint8Array = new Uint8Array();
  return {
    add(chunk: Uint8Array): void {
      kept = Buffer.concat([kept, chunk]).subarray(-outputLimitBytes);
    },
    text: () => Buffer.from(kept).toString('utf8'),
  };
}
