import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ExecResult } from '../../ports/container-engine.ts';
import type { EmbeddedHost } from './host.ts';
import { collectLimited } from './limited-output.ts';
import { openPipes } from './output-pipes.ts';
import { readRuntimeError, startExitCode } from './runtime-log.ts';
import type { RuntimeProcess } from './runtime-spec.ts';

const defaultLimitBytes = 2 ** 20;

export interface ExecContext {
  readonly host: EmbeddedHost;
  readonly bundle: HostPath;
  readonly id: string;
  /** First process of the keeper. */
  readonly keeper: number;
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
  context: ExecContext,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { host, bundle, id, keeper, name } = context;
  const { limitBytes = defaultLimitBytes, signal, input } = options;
  signal?.throwIfAborted();
  const directory = hostPath(join(bundle, name));
  await mkdir(directory);
  const [, pipes] = await Promise.all([
    writeFile(join(directory, 'process.json'), JSON.stringify({ ...context.process, args: argv })),
    openPipes(directory, ['stdout', 'stderr'], host.path),
  ]);
  const [stdout, stderr] = pipes;
  if (stdout === undefined || stderr === undefined) throw new Error('there are two pipes');
  const output = Promise.all([
    collectLimited(stdout.reader, limitBytes),
    collectLimited(stderr.reader, limitBytes),
  ]);
  try {
    const child = spawn(
      'nsenter',
      [
        ...['--target', String(keeper), '--mount', '--pid', '--'],
        // The runtime dies with what waits for it; the command itself stays the container's, as with docker.
        ...['setpriv', '--pdeathsig', 'KILL', '--', host.runtime.path, ...host.runtime.flags],
        ...['--root', join(bundle, 'state'), '--log', join(directory, 'runtime.log'), '--log-format', 'json'],
        ...['exec', '--process', join(directory, 'process.json'), id],
      ],
      {
        stdio: [input === undefined ? 'ignore' : 'pipe', stdout.writer, stderr.writer],
        env: { PATH: host.path, LC_ALL: 'C' },
        ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
      },
    );
    const exited = new Promise<number>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(
          signal?.aborted
            ? signal.reason
            : new PareError('engine-failed', `cannot run nsenter: ${cause.message}`, { cause }),
        ),
      );
      child.once('close', (code) => resolve(code ?? 137));
    });
    // A command may end without reading it.
    child.stdin?.on('error', () => undefined).end(input);
    for (const pipe of pipes) pipe.closeWriter();
    const exitCode = await exited;
    const failure = await readRuntimeError(directory);
    if (failure !== undefined) return await notStarted(failure, argv);
    const [out, err] = await output;
    return { exitCode, stdout: out, stderr: err };
  } finally {
    for (const pipe of pipes) pipe.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** As docker: a program that is not there is an exit code, with the reason on standard output. */
async function notStarted(failure: string, argv: readonly string[]): Promise<ExecResult> {
  const exitCode = startExitCode(failure);
  if (exitCode === undefined) {
    throw new PareError(
      'engine-failed',
      `running ${JSON.stringify(argv[0] ?? '')} in the container: ${failure}`,
    );
  }
  return { exitCode, stdout: Buffer.from(`${failure}\n`), stderr: new Uint8Array() };
}
