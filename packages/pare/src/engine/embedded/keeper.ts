import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import { createGate, type Gate } from '../docker/gate.ts';
import type { Hierarchy } from './cgroups.ts';
import { type HeldProcess, type HeldProgram, holdProcess } from './held-process.ts';
import type { EmbeddedHost } from './host.ts';
import { keeperScript } from './keeper-script.ts';
import { type KeptCommand, openKeptCommands } from './kept-command.ts';

/** Whose network namespace a keeper, and so its container, is in. */
export type KeeperNetwork =
  /**
   * A new one with a loopback device and what the ip(8) commands make. Where they fail `address` is put on the loopback device, if that
   * can be done.
   */
  | { readonly kind: 'own'; readonly address: string; readonly commands: string }
  | { readonly kind: 'host' }
  /** That of another keeper's first process. */
  | { readonly kind: 'joined'; readonly pid: number };

export interface KeeperOptions {
  readonly host: EmbeddedHost;
  /** By which its processes can be told from those of other runs. */
  readonly runId: string;
  readonly network: KeeperNetwork;
  /** Kernel parameters of the network namespace, `net/ipv4/name=value`; one that cannot be set is passed over. */
  readonly sysctls: readonly string[];
}

/** What a keeper is to hold. */
export interface KeptBundle {
  readonly directory: HostPath;
  readonly id: string;
  /** Options of the overlay mount. */
  readonly overlay: string;
  /** Kernel parameters of the network namespace as above, of the user's choice: each must be settable. */
  readonly sysctls: readonly string[];
  /** TCP ports to be reached through unix sockets in the bundle. */
  readonly ports: readonly number[];
}

/** A process tree that holds the namespaces and mounts of one container. Disposing of it ends all that is in them. */
export interface Keeper extends AsyncDisposable {
  /** PID of the first process of its PID namespace, as this machine sees it. */
  readonly pid: number;
  /** Whether its address could be put on a device. */
  readonly addressed: boolean;
  /** Starts the port proxy, which takes as long as all the rest, before there is a bundle. Without effect when it was. */
  prepareProxy(): void;
  /**
   * Mounts everything of a bundle and makes the pipes `stdout` and `stderr` in it. Throws PareError `engine-failed` with the words of what
   * failed.
   */
  open(bundle: KeptBundle, signal?: AbortSignal): Promise<void>;
  /** Lets the container start. */
  run(): void;
  /** Runs the command of the directory of that name in the container. */
  execute(name: string): KeptCommand;
  /** Resolves once the port proxy listens. */
  readonly proxied: Gate;
  /** Resolves with the runtime's exit code; rejects when the keeper ends without one. */
  readonly exited: Promise<number>;
}

/** Starts a keeper; resolves when its network is there. Throws PareError `engine-failed` with the words of what failed. */
export async function startKeeper(options: KeeperOptions, signal?: AbortSignal): Promise<Keeper> {
  signal?.throwIfAborted();
  const gates = { ready: createGate(), mounted: createGate(), proxied: createGate() };
  const exited = deferredNumber();
  let addressed = false;
  const commands = openKeptCommands((order) => held.write(order));
  const held: HeldProcess = holdProcess(keeperProgram(options), {
    line(line) {
      const [word = '', ...rest] = line.split(' ');
      if (word === 'addressed') addressed = true;
      else if (word === 'ready') gates.ready.open();
      else if (word === 'mounted') gates.mounted.open();
      else if (word === 'ports') gates.proxied.open();
      else if (word === 'exit' && rest.length === 1) exited.resolve(Number(rest[0]));
      else commands.take(word, rest);
    },
    ended(reason) {
      for (const gate of Object.values(gates)) gate.close(reason);
      exited.reject(reason);
      commands.end();
    },
  });
  let proxy = false;
  const prepareProxy = () => {
    if (!proxy) held.write('proxy\n');
    proxy = true;
  };
  try {
    await gates.ready.pass(signal);
    return {
      pid: await held.findFirst(),
      addressed,
      prepareProxy,
      async open(bundle, signal) {
        const { directory, ports } = bundle;
        if (ports.length > 0) {
          prepareProxy();
          held.writeAside(JSON.stringify({ directory, ports }));
        }
        held.write(openOrder(bundle));
        await gates.mounted.pass(signal);
      },
      run: () => held.write('run\n'),
      execute: (name) => commands.start(name),
      proxied: gates.proxied,
      exited: exited.promise,
      [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

/** The order in the form that the script reads: a line for each. */
function openOrder({ directory, id, overlay, sysctls }: KeptBundle): string {
  const lines = ['open', directory, id, overlay, sysctls.join(' ')];
  const broken = lines.find((line) => line.includes('\n'));
  if (broken === undefined) return `${lines.join('\n')}\n`;
  throw new PareError('engine-failed', `${JSON.stringify(broken)} has a line break`);
}

function keeperProgram({ host, runId, network, sysctls }: KeeperOptions): HeldProgram {
  const { runtime } = host;
  const ownGroups = groupsToShow(host);
  const own = network.kind === 'own' ? network : { address: '', commands: '' };
  return {
    name: 'keeper',
    before: network.kind === 'joined' ? ['nsenter', `--net=/proc/${network.pid}/ns/net`, '--'] : [],
    unshare: [
      '--mount-proc',
      ...(network.kind === 'own' ? ['--net'] : []),
      ...(ownGroups.length > 0 ? ['--cgroup'] : []),
    ],
    script: keeperScript,
    aside: true,
    args: [],
    environment: {
      PATH: host.path,
      LC_ALL: 'C',
      // With the newer mount API an option of more than 255 bytes is refused (fsconfig(2)).
      LIBMOUNT_FORCE_MOUNT2: 'always',
      PARE_RUN: runId,
      PARE_NETWORK: network.kind,
      PARE_ADDRESS: own.address,
      PARE_INTERFACE: own.commands,
      PARE_SYSCTLS: sysctls.join(' '),
      PARE_HIDE_UNIFIED: runtime.kind === 'crun' ? '1' : '0',
      PARE_GROUPS: ownGroups.map(({ directory, group }) => `${directory}:${group}`).join(' '),
      PARE_PROCS: ownProcesses(host, ownGroups),
      PARE_RUNTIME: runtime.path,
      PARE_RUNTIME_FLAGS: runtime.flags.join(' '),
      PARE_NODE: process.execPath,
      PARE_PROXY: proxyProgram(),
    },
  };
}

/**
 * Where crun is to find Pare's own group in the place of a hierarchy's top: of a relative name in version 1 it makes a group at the top, runc
 * one below that of who runs it, so that limits on Pare hold for what it runs.
 */
function groupsToShow({ runtime, cgroups, hierarchies }: EmbeddedHost): readonly Hierarchy[] {
  if (runtime.kind !== 'crun' || cgroups.kind !== 'v1') return [];
  return hierarchies.filter(({ directory, group }) => group !== '/' && !/\s/.test(directory + group));
}

/** The file by which a process enters the group that Pare is in; empty: there is none to write to. */
function ownProcesses({ cgroups, hierarchies }: EmbeddedHost, shown: readonly Hierarchy[]): string {
  const [first] = hierarchies;
  if (cgroups.kind === 'none' || first === undefined) return '';
  return join(first.directory, shown.includes(first) ? '' : first.group, 'cgroup.procs');
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
