import { spawn } from 'node:child_process';
import { PareError } from '../../model/pare-error.ts';

export interface ProgramOptions {
  /** PATH that it runs with. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  readonly directory?: string;
}

export interface ProgramOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const outputLimitBytes = 1024 * 1024;

/** Runs a program of this machine to its end. Throws PareError `engine-failed` when it cannot be started. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<ProgramOutcome> {
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: options.path, LC_ALL: 'C' },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGKILL' }),
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (said[stream].length < outputLimitBytes) said[stream] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      if (options.signal?.aborted) reject(options.signal.reason);
      else reject(new PareError('engine-failed', `cannot run ${program}: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => resolve({ exitCode: code ?? 1, ...said }));
  });
}

/** Runs a program that must succeed. Throws PareError `engine-failed` with its words when it does not. */
export async function mustRun(
  argv: readonly [string, ...string[]],
  doing: string,
  options: ProgramOptions,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(argv, options);
  if (exitCode === 0) return stdout;
  const said = stderr.trim() || `${argv[0]} ended with ${exitCode}`;
  const full = /no space left on device|disk quota exceeded/i.test(said);
  throw new PareError(full ? 'disk-full' : 'engine-failed', `${doing}: ${said}`);
}
