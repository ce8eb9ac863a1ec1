import { setTimeout as delay } from 'node:timers/promises';
import { PareError } from '../../model/pare-error.ts';
import type { ExecResult } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { execCreatedSchema, execSchema } from './schemas.ts';
import { parseFrames } from './stream-frames.ts';

const defaultLimitBytes = 2 ** 20;
/** The engine notes the exit code a moment after the output ended. */
const exitCodePollMs = 10;
const exitCodeDeadlineMs = 10_000;

/** Runs a command in a container; what is above `limitBytes` of an output stream is read and dropped. */
export async function execInContainer(
  client: ApiClient,
  container: string,
  argv: readonly string[],
  options: { readonly limitBytes?: number; readonly signal?: AbortSignal },
): Promise<ExecResult> {
  const { limitBytes = defaultLimitBytes, signal } = options;
  const doing = `running ${JSON.stringify(argv[0] ?? '')} in container ${container}`;
  const { Id: id } = await client.json(execCreatedSchema, {
    method: 'POST',
    path: `/containers/${container}/exec`,
    json: { AttachStdout: true, AttachStderr: true, Cmd: argv },
    doing,
    signal,
  });
  const stdout = limitedBuffer(limitBytes);
  const stderr = limitedBuffer(limitBytes);
  const output = client.stream({
    method: 'POST',
    path: `/exec/${id}/start`,
    json: { Detach: false, Tty: false },
    doing,
    signal,
  });
  for await (const { stream, data } of parseFrames(output)) (stream === 'stdout' ? stdout : stderr).add(data);
  return {
    exitCode: await readExitCode(client, id, doing, signal),
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
  };
}

async function readExitCode(
  client: ApiClient,
  id: string,
  doing: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const end = performance.now() + exitCodeDeadlineMs;
  for (;;) {
    const state = await client.json(execSchema, { method: 'GET', path: `/exec/${id}/json`, doing, signal });
    if (!state.Running && typeof state.ExitCode === 'number') return state.ExitCode;
    if (performance.now() > end) {
      throw new PareError(
        'engine-failed',
        `${doing}: its output ended but the engine says that it still runs`,
      );
    }
    await delay(exitCodePollMs, undefined, signal === undefined ? {} : { signal });
  }
}

function limitedBuffer(limitBytes: number) {
  const chunks: Uint8Array[] = [];
  let left = limitBytes;
  return {
    add(data: Uint8Array): void {
      if (left === 0) return;
      const taken = data.subarray(0, left);
      chunks.push(taken);
      left -= taken.length;
    },
    bytes: (): Uint8Array => Buffer.concat(chunks),
  };
}
