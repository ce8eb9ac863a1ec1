import { spawn } from 'node:child_process';
import type { CommandResult } from './full-test.ts';

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
