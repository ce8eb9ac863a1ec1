import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import { createGate, type Gate } from '../docker/gate.ts';
import type { EmbeddedHost } from './host.ts';
import { keeperScript } from './keeper-script.ts';

/** Whose network namespace a keeper, and so its container, is in. */
export type KeeperNetwork =
  /** A new one with a loopback device alone; `address` is put on it beside 127.0.0.1 where that can be done. */
  | { readonly kind: 'own'; readonly address: string }
  | { readonly kind: 'host' }
  /** That of another keeper's first process. */
  | { readonly kind: 'joined'; readonly pid: number };

export interface KeeperOptions {
  readonly host: EmbeddedHost;
  readonly bundle: HostPath;
  readonly id: string;
  readonly network: KeeperNetwork;
  /** Options of the overlay mount; empty: none is made. */
  readonly overlay: string;
  /** Kernel parameters of the network namespace, `net/ipv4/name=value`; one that cannot be set is passed over. */
  readonly sysctls: readonly string[];
  /** The same, of the user's choice: each must be settable. */
  readonly ownSysctls: readonly string[];
  /** TCP ports to be reached through unix sockets in the bundle. */
  readonly ports: readonly number[];
  /** Whether the version 2 part of a hybrid cgroup hierarchy is hidden. */
  readonly hideUnified: boolean;
}

/** A process tree that holds the namespaces and mounts of one container. Disposing of it ends all that is in them. */
export interface Keeper extends AsyncDisposable {
  /** PID of the first process of its PID namespace, as this machine sees it. */
  readonly pid: number;
  /** Whether its address could be put on its loopback device. */
  readonly addressed: boolean;
  /** Lets the container start. */
  go(): void;
  /** Resolves once the port proxy listens. */
  readonly proxied: Gate;
  /** Resolves with the runtime's exit code; rejects when the keeper ends without one. */
  readonly exited: Promise<number>;
}

const messageLimitBytes = 16 * 1024;

/** Starts a keeper; resolves when all is mounted. Throws PareError `engine-failed` with the words of what failed. */
export async function startKeeper(options: KeeperOptions, signal?: AbortSignal): Promise<Keeper> {
  signal?.throwIfAborted();
  const child = spawnKeeper(options);
  const mounted = createGate();
  const proxied = createGate();
  const exited = deferredNumber();
  let said = '';
  let addressed = false;
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < messageLimitBytes) said += text;
  });
  readLines(child.stdio[3] as Readable, (line) => {
    if (line === 'addressed') addressed = true;
    else if (line === 'mounted') mounted.open();
    else if (line === 'ports') proxied.open();
    else if (line.startsWith('exit ')) exited.resolve(Number(line.slice('exit '.length)));
  });
  const end = (reason: Error) => {
    mounted.close(reason);
    proxied.close(reason);
    exited.reject(reason);
  };
  child.once('error', (cause) => end(failure(`cannot start ${child.spawnfile}: ${cause.message}`, cause)));
  child.once('close', () => end(failure(said.trim() || 'it ended before its container')));
  let pid = 0;
  const dispose = async () => {
    // The first process of the namespace takes all others with it, and its parent waits for that (pid_namespaces(7)).
    if (pid > 0) killIfThere(pid);
    else child.kill('SIGKILL');
    await gone;
  };
  try {
    await mounted.pass(signal);
    pid = await firstChild(child.pid ?? 0);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    pid,
    addressed,
    go: () => void child.stdin?.write('go\n'),
    proxied,
    exited: exited.promise,
    [Symbol.asyncDispose]: dispose,
  };
}

function spawnKeeper(options: KeeperOptions): ChildProcess {
  const { host, network } = options;
  const [program = '', ...args] = [
    ...(network.kind === 'joined' ? ['nsenter', `--net=/proc/${network.pid}/ns/net`, '--'] : []),
    // Of the parent, which is this process: unshare, and by --kill-child what it starts, die with it.
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...(network.kind === 'own' ? ['--net'] : []),
    ...['sh', '-c', keeperScript, 'pare-keeper', ...options.ports.map(String)],
  ];
  const child = spawn(program, args, {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // Out of the terminal's process group: Ctrl-C is Pare's to handle.
    detached: true,
    env: {
      PATH: host.path,
      LC_ALL: 'C',
      // With the newer mount API an option of more than 255 bytes is refused (fsconfig(2)).
      LIBMOUNT_FORCE_MOUNT2: 'always',
      PARE_BUNDLE: options.bundle,
      PARE_ID: options.id,
      PARE_NETWORK: network.kind,
      PARE_ADDRESS: network.kind === 'own' ? network.address : '',
      PARE_SYSCTLS: options.sysctls.join(' '),
      PARE_OWN_SYSCTLS: options.ownSysctls.join(' '),
      PARE_OVERLAY: options.overlay,
      PARE_HIDE_UNIFIED: options.hideUnified ? '1' : '0',
      PARE_RUNTIME: host.runtime.path,
      PARE_RUNTIME_FLAGS: host.runtime.flags.join(' '),
      PARE_NODE: process.execPath,
      PARE_PROXY: proxyProgram(),
    },
  });
  // A keeper that ended takes no words any more.
  child.stdin?.on('error', () => {});
  return child;
}

/** Beside this file in a checkout; beside the bundle in what ships. */
function proxyProgram(): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/port-proxy.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
}

/** proc_pid_task_children(5): the list is sure while the parent does nothing, and unshare only waits. */
async function firstChild(parent: number): Promise<number> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, 'latin1').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (pid > 0) return pid;
  throw failure('its first process cannot be found: the kernel lists no children in /proc');
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function failure(message: string, cause?: unknown): PareError {
  const full = /no space left on device|disk quota exceeded/i.test(message);
  return new PareError(
    full ? 'disk-full' : 'engine-failed',
    `the embedded engine's keeper: ${message}`,
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
  // It is cut when the keeper is killed.
  stream.on('error', () => {});
}

interface DeferredNumber {
  readonly promise: Promise<number>;
  resolve(value: number): void;
  reject(reason: Error): void;
}

function deferredNumber(): DeferredNumber {
  let resolve = (_value: number) => {};
  let reject = (_reason: Error) => {};
  const promise = new Promise<number>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Nobody may be waiting yet.
  promise.catch(() => {});
  return { promise, resolve: (value) => resolve(value), reject: (reason) => reject(reason) };
}
