import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ExecResult } from '../../ports/container-engine.ts';
import type { Keeper } from './keeper.ts';
import { collectLimited } from './limited-output.ts';
import { type OutputPipe, openPipe } from './output-pipes.ts';
import { readRuntimeError, startExitCode } from './runtime-log.ts';
import type { RuntimeProcess } from './runtime-spec.ts';

const defaultLimitBytes = 2 ** 20;

export interface ExecContext {
  readonly bundle: HostPath;
  readonly keeper: Keeper;
  /** The container's own process section; a command has its user, rights and environment. */
  readonly process: RuntimeProcess;
  /** Of this command, unique in the container. */
  readonly name: string;
}

export interface ExecOptions {
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
  /** What the command reads on its standard input; nothing unless told. */
  readonly input?: Uint8Array;
}

/** Runs a command in a running container by its runtime. Throws PareError `engine-failed`, and the signal's reason. */
export async function execInBundle(
  { bundle, keeper, process, name }: ExecContext,
  argv: readonly string[],
  { limitBytes = defaultLimitBytes, signal, input }: ExecOptions,
): Promise<ExecResult> {
  signal?.throwIfAborted();
  const directory = hostPath(join(bundle, name));
  // Small, and at once: each wait would be for a turn of a thread that may be at work.
  mkdirSync(directory);
  writeFileSync(join(directory, 'process.json'), JSON.stringify({ ...process, args: argv }));
  if (input !== undefined) writeFileSync(join(directory, 'stdin'), input);
  const command = keeper.execute(name);
  const pipes: OutputPipe[] = [];
  const stop = () => {
    command.kill();
    for (const pipe of pipes) pipe.close();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await command.piped.pass(signal);
    pipes.push(openPipe(directory, 'stdout'), openPipe(directory, 'stderr'));
    const output = Promise.all(pipes.map(({ reader }) => collectLimited(reader, limitBytes)));
    const exitCode = await command.exited;
    for (const pipe of pipes) pipe.closeWriter();
    const failure = await readRuntimeError(directory);
    const [stdout = new Uint8Array(), stderr = stdout] = failure === undefined ? await output : [];
    signal?.throwIfAborted();
    return failure === undefined ? { exitCode, stdout, stderr } : notStarted(failure, argv);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** As docker: a program that is not there is an exit code, with the reason on standard output. */
function notStarted(failure: string, argv: readonly string[]): ExecResult {
  const exitCode = startExitCode(failure);
  if (exitCode === undefined) {
    throw new PareError(
      'engine-failed',
      `running ${JSON.stringify(argv[0] ?? '')} in the container: ${failure}`,
    );
  }
  return { exitCode, stdout: Buffer.from(`${failure}\n`), stderr: new Uint8Array() };
}
