import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { PareError } from '../model/pare-error.ts';

/** How a program of the system ended. Each output is cut at 256 KiB. */
export interface ToolResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const outputLimitBytes = 256 * 1024;

/**
 * Runs a program of the system with plain messages (`LC_ALL=C`), and `input` on its standard input. An abort kills it. Throws PareError
 * `engine-failed` when it is not installed, and what `input` throws.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  options: { readonly input?: AsyncIterable<Uint8Array>; readonly signal?: AbortSignal | undefined } = {},
): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const { TAR_OPTIONS: _ignored, ...environment } = process.env;
  const child = spawn(program, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...environment, LC_ALL: 'C' },
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGKILL' as const }),
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  const ended = waitForEnd(child, program);
  ended.catch(() => undefined);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  if (options.input !== undefined && child.stdin !== null) {
    try {
      await feed(child.stdin, options.input);
    } catch (error) {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      throw error;
    }
  }
  const code = await ended;
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Whether a program of the system failed for want of room, by its messages: GNU tar tells only how much it wrote where the last of it was taken. */
export function saysDiskFull(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes/.test(stderr);
}

function waitForEnd(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
  program: string,
): Promise<number | undefined> {
  let failure: unknown;
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      failure =
        error.code === 'ENOENT'
          ? new PareError('engine-failed', `${program} is needed and is not installed`, {
              hint: `install it (Debian: ${program === 'unshare' ? 'util-linux' : program})`,
              cause: error,
            })
          : error;
      // A program that never started has no end of its own.
      if (child.pid === undefined) reject(failure);
    });
    child.once('close', (code) => {
      if (failure === undefined) resolve(code ?? undefined);
      else reject(failure);
    });
  });
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < outputLimitBytes) chunks.push(chunk);
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, outputLimitBytes).toString();
}

/** Writes until the program takes no more; why it ended is then told by its exit code. */
async function feed(stdin: Writable, input: AsyncIterable<Uint8Array>): Promise<void> {
  let broken = false;
  let wake: (() => void) | undefined;
  stdin.on('error', () => {
    broken = true;
    wake?.();
  });
  stdin.on('drain', () => wake?.());
  stdin.on('close', () => {
    broken = true;
    wake?.();
  });
  for await (const chunk of input) {
    if (broken) return;
    if (stdin.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (broken) resolve();
    });
  }
  stdin.end();
}
