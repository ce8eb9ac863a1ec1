import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { PareError } from '../../model/pare-error.ts';

export interface HeldProgram {
  /** What it is called in errors. */
  readonly name: string;
  /** Runs what follows it on a command line, as nsenter(1) does. */
  readonly before: readonly string[];
  /** Flags of unshare(1) beside those of its mount and PID namespace. */
  readonly unshare: readonly string[];
  /** For sh(1), which is the first process of the PID namespace; its arguments; all of its environment. */
  readonly script: string;
  /** Whether it is written to on descriptor 4 too. */
  readonly aside?: boolean;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Told what it says on descriptor 3, line by line, and that it has ended, with its words on standard error. */
export interface HeldListener {
  line(line: string): void;
  ended(reason: PareError): void;
}

/**
 * A process tree in a PID and a mount namespace of its own that ends with Pare, however Pare ends, and takes all of its
 * processes and mounts with it. Disposing of it ends it and waits for that.
 */
export interface HeldProcess extends AsyncDisposable {
  /** Writes to its standard input. */
  write(text: string): void;
  /** Writes all that there is for its descriptor 4. */
  writeAside(text: string): void;
  /**
   * Finds the first process of its PID namespace, as this machine sees it, once a line of it was heard. Throws PareError
   * `engine-failed`.
   */
  findFirst(): Promise<number>;
}

const messageLimitBytes = 16 * 1024;

/** Starts one. That it cannot be started is told to the listener too. */
export function holdProcess(program: HeldProgram, listener: HeldListener): HeldProcess {
  const { name } = program;
  const child = spawnHeld(program);
  let said = '';
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < messageLimitBytes) said += text;
  });
  readLines(child.stdio[3] as Readable, (line) => listener.line(line));
  child.once('error', (cause) =>
    listener.ended(failure(name, `cannot start ${child.spawnfile}: ${cause.message}`, cause)),
  );
  child.once('close', () => listener.ended(failure(name, said.trim() || 'it ended before its container')));
  let pid = 0;
  return {
    write: (text) => void child.stdin?.write(text),
    writeAside: (text) => void (child.stdio[4] as Writable).end(text),
    async findFirst() {
      pid = await firstChild(name, child.pid ?? 0);
      return pid;
    },
    async [Symbol.asyncDispose]() {
      // The first process of the namespace takes all others with it, and its parent waits for that (pid_namespaces(7)).
      if (pid > 0) killIfThere(pid);
      else child.kill('SIGKILL');
      await gone;
    },
  };
}

function spawnHeld({ before, unshare, script, aside, args, environment, name }: HeldProgram): ChildProcess {
  const [program = '', ...rest] = [
    ...before,
    // Of the parent, which is this process: unshare, and by --kill-child what it starts, die with it.
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', ...unshare],
    ...['sh', '-c', script, `pare-${name}`, ...args],
  ];
  const child = spawn(program, rest, {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe', aside === true ? 'pipe' : 'ignore'],
    // Out of the terminal's process group: Ctrl-C is Pare's to handle.
    detached: true,
    env: environment,
  });
  // One that ended takes no words any more.
  for (const stream of [child.stdin, child.stdio[4]]) stream?.on('error', () => {});
  return child;
}

/** proc_pid_task_children(5): the list is sure while the parent does nothing, and unshare only waits. */
async function firstChild(name: string, parent: number): Promise<number> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'latin1').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (pid > 0) return pid;
  throw failure(name, 'its first process cannot be found: the kernel lists no children in /proc');
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function failure(name: string, message: string, cause?: unknown): PareError {
  const full = /no space left on device|disk quota exceeded/i.test(message);
  return new PareError(
    full ? 'disk-full' : 'engine-failed',
    `the embedded engine's ${name}: ${message}`,
    cause === undefined ? {} : { cause },
  );
}

function readLines(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  // It is cut when the process is killed.
  stream.on('error', () => {});
}
