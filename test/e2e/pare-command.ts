import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of its own for what one test's runs write; gone when the test ends. */
export interface Scratch extends AsyncDisposable {
  /** `TMPDIR` of the runs: what is in it afterwards was left behind. */
  readonly temporary: string;
  readonly artifacts: string;
  /** What is outside of `temporary`, and is the user's. */
  readonly directory: string;
}

export async function openScratch(): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), 'pare-e2e-'));
  const temporary = join(directory, 'tmp');
  await mkdir(temporary);
  return {
    temporary,
    artifacts: join(directory, 'artifacts'),
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The command line by which root runs a command as somebody else. */
export type RunAs = (argv: readonly string[]) => readonly [string, ...string[]];

/** Starts `bin/pare` as a user would, with the scratch directory as its temporary one. */
export function startPare(
  args: readonly string[],
  scratch: Scratch,
  environment: NodeJS.ProcessEnv = {},
  cwd?: string,
  as: RunAs = ([program = '', ...rest]) => [program, ...rest],
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const [program, ...rest] = as([join(repository, 'bin/pare'), ...args]);
  const child = spawn(program, rest, {
    env: { ...process.env, TMPDIR: scratch.temporary, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
  return { child, ended };
}

export function runPare(
  args: readonly string[],
  scratch: Scratch,
  environment?: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<Ended> {
  return startPare(args, scratch, environment, cwd).ended;
}
