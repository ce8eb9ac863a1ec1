import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostPath } from '@pare/oci';
import { createGate, type Gate } from '../docker/gate.ts';
import { type HeldProgram, holdProcess } from './held-process.ts';
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

/** Starts a keeper; resolves when all is mounted. Throws PareError `engine-failed` with the words of what failed. */
export async function startKeeper(options: KeeperOptions, signal?: AbortSignal): Promise<Keeper> {
  signal?.throwIfAborted();
  const mounted = createGate();
  const proxied = createGate();
  const exited = deferredNumber();
  let addressed = false;
  const held = holdProcess(keeperProgram(options), {
    line(line) {
      if (line === 'addressed') addressed = true;
      else if (line === 'mounted') mounted.open();
      else if (line === 'ports') proxied.open();
      else if (line.startsWith('exit ')) exited.resolve(Number(line.slice('exit '.length)));
    },
    ended(reason) {
      mounted.close(reason);
      proxied.close(reason);
      exited.reject(reason);
    },
  });
  try {
    await mounted.pass(signal);
    return {
      pid: await held.findFirst(),
      addressed,
      go: () => held.write('go\n'),
      proxied,
      exited: exited.promise,
      [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

function keeperProgram(options: KeeperOptions): HeldProgram {
  const { host, network } = options;
  return {
    name: 'keeper',
    before: network.kind === 'joined' ? ['nsenter', `--net=/proc/${network.pid}/ns/net`, '--'] : [],
    unshare: ['--mount-proc', ...(network.kind === 'own' ? ['--net'] : [])],
    script: keeperScript,
    args: options.ports.map(String),
    environment: {
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
  };
}

/** Beside this file in a checkout; beside the bundle in what ships. */
function proxyProgram(): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/port-proxy.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
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
