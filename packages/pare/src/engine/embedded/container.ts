import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { healthArgv } from '../../model/health-check.ts';
import { PareError } from '../../model/pare-error.ts';
import type {
  Container,
  ContainerState,
  ExecResult,
  LogChunk,
  PublishedPort,
} from '../../ports/container-engine.ts';
import { createGate } from '../docker/gate.ts';
import { copyIntoRoot, copyOutOfRoot } from './archive.ts';
import { fileAppears } from './await-start.ts';
import type { ContainerLog } from './container-log.ts';
import type { ContainerParts } from './container-parts.ts';
import { type ExecOptions, execInBundle } from './exec.ts';
import { findInit } from './find-init.ts';
import { type HealthMonitor, watchHealth } from './health.ts';
import type { OutputPipe } from './output-pipes.ts';
import { type PublishedPorts, publishPorts } from './publish.ts';
import { readRuntimeError, startExitCode } from './runtime-log.ts';
import { signalNumber } from './signal-number.ts';
import { removeVolume } from './volumes.ts';

/** Longest path that a unix socket's address holds (unix(7)). */
const socketPathLimit = 107;

/** A container of the embedded engine. */
export class EmbeddedContainer implements Container {
  readonly id: string;
  readonly hostname: string;
  readonly #parts: ContainerParts;
  readonly #started = createGate();
  #hostPid: number | undefined;
  #exitCode: number | undefined;
  #error: string | undefined;
  #running = false;
  #execs = 0;
  #health: HealthMonitor | undefined;
  #published: PublishedPorts | undefined;
  #disposal: Promise<void> | undefined;

  constructor(parts: ContainerParts) {
    this.id = parts.id;
    this.hostname = parts.hostname;
    this.#parts = parts;
    for (const stream of ['stdout', 'stderr'] as const) followPipe(parts.pipes[stream], stream, parts.log);
    endLog(Object.values(parts.pipes), parts.log);
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { keeper, bundle, wantedPorts, pipes } = this.#parts;
    signal?.throwIfAborted();
    try {
      this.#published = await publishPorts(wantedPorts, (port) => this.#socketPath(port));
      keeper.exited.then(
        (exitCode) => this.#ended(exitCode),
        () => this.#ended(137),
      );
      keeper.run();
      const appeared = await fileAppears(bundle, 'pid', keeper.exited);
      for (const pipe of Object.values(pipes)) pipe.closeWriter();
      if (!appeared) throw await this.#startFailure();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#error = reason.message;
      this.#started.close(reason);
      throw reason;
    }
    const pid = Number.parseInt(readFileSync(join(bundle, 'pid'), 'latin1'), 10);
    this.#hostPid = findInit(keeper.pid, pid);
    this.#running = this.#exitCode === undefined;
    this.#watchHealth();
    this.#started.open();
  }

  /** Whether ports of it are led out by a program beside it. */
  get proxied(): boolean {
    return this.#parts.proxied;
  }

  async state(): Promise<ContainerState> {
    const running = this.#running && this.#exitCode === undefined;
    return {
      running,
      exitCode: this.#exitCode,
      error: this.#error,
      hostPid: running ? this.#hostPid : undefined,
      ...(this.#health === undefined ? {} : { health: this.#health.status() }),
    };
  }

  wait(signal?: AbortSignal): Promise<number> {
    const ended = this.#wait(signal);
    // Who began to wait before the start is told by `start` that it failed, and may never come to await this.
    ended.catch(() => {});
    return ended;
  }

  async #wait(signal: AbortSignal | undefined): Promise<number> {
    await this.#started.pass(signal);
    const over = createGate();
    this.#parts.keeper.exited.then(
      () => over.open(),
      // It was killed from outside, or removed.
      () => over.open(),
    );
    await over.pass(signal);
    return this.#exitCode ?? 137;
  }

  async kill(signalName: string): Promise<void> {
    const number = signalNumber(signalName);
    if (this.#hostPid === undefined || this.#exitCode !== undefined) return;
    try {
      process.kill(this.#hostPid, number);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async *logs(signal?: AbortSignal): AsyncGenerator<LogChunk> {
    await this.#started.pass(signal);
    yield* this.#parts.log.follow(signal);
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    if (!this.#running || this.#exitCode !== undefined) {
      throw new PareError('engine-failed', `container ${this.#shortId} does not run`);
    }
    const { bundle, keeper, process } = this.#parts;
    this.#execs += 1;
    return execInBundle({ bundle, keeper, process, name: `e${this.#execs}` }, argv, options);
  }

  async ports(signal?: AbortSignal): Promise<readonly PublishedPort[]> {
    const { keeper, hostPorts, socketPorts, proxied } = this.#parts;
    if (proxied) await keeper.proxied.pass(signal);
    return [
      ...socketPorts.map((containerPort) => ({
        containerPort,
        protocol: 'tcp',
        socketPath: this.#socketPath(containerPort),
      })),
      ...hostPorts.map((port) => ({
        containerPort: port,
        protocol: 'tcp',
        hostAddress: '127.0.0.1',
        hostPort: port,
      })),
      ...(this.#published?.ports ?? []),
    ];
  }

  copyOut(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return copyOutOfRoot(this.#root, path, this.#parts.host.path, signal);
  }

  copyIn(directory: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    return copyIntoRoot(this.#root, directory, tar);
  }

  /** First process of its keeper, whose network namespace others may join. */
  get keeperPid(): number {
    return this.#parts.keeper.pid;
  }

  get members(): ContainerParts['members'] {
    return this.#parts.members;
  }

  get ledOutBy(): ContainerParts['ledOutBy'] {
    return this.#parts.ledOutBy;
  }

  get shared(): ContainerParts['shared'] {
    return this.#parts.shared;
  }

  /** Its hosts(5), for a container that shares its network. */
  hostsText(): Promise<string> {
    return readFile(join(this.#parts.bundle, 'hosts'), 'utf8');
  }

  /** Its resolv.conf(5), for the same. */
  resolverText(): Promise<string> {
    return readFile(join(this.#parts.bundle, 'resolv.conf'), 'utf8');
  }

  /** Gives it one more name on its network. */
  addName(name: string): Promise<void> {
    return this.#parts.addName(name);
  }

  /** Kills and removes it with its volumes. May be called again; a failed removal is then tried anew. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#remove().catch((error: unknown) => {
      this.#disposal = undefined;
      throw error;
    });
    await this.#disposal;
  }

  async #remove(): Promise<void> {
    const { keeper, pipes, log, layers, made, volumes, leave, remove, onDisposed } = this.#parts;
    this.#started.close(
      new PareError('engine-failed', `container ${this.#shortId} was removed before it was started`),
    );
    this.#health?.[Symbol.dispose]();
    this.#published?.[Symbol.dispose]();
    await keeper[Symbol.asyncDispose]();
    for (const pipe of Object.values(pipes)) pipe.close();
    log.close();
    await leave();
    await Promise.all([
      layers[Symbol.asyncDispose](),
      ...made.map((name) => removeVolume(volumes, name)),
      remove(),
    ]);
    onDisposed(this);
  }

  #ended(exitCode: number): void {
    this.#exitCode = exitCode;
    this.#running = false;
    this.#health?.[Symbol.dispose]();
    for (const pipe of Object.values(this.#parts.pipes)) pipe.closeWriter();
  }

  /** A program that cannot be started is the container's failure; all else is the engine's. */
  async #startFailure(): Promise<PareError> {
    const { bundle, host } = this.#parts;
    const message = await readRuntimeError(bundle);
    const exitCode = message === undefined ? undefined : startExitCode(message);
    if (exitCode !== undefined) {
      this.#exitCode = exitCode;
      return new PareError('container-exited', `the container's program could not be started: ${message}`, {
        hint: "check the image's entrypoint and command, or pass --entrypoint and --cmd",
      });
    }
    return new PareError(
      'engine-failed',
      `${host.runtime.kind} could not start the container: ${message ?? 'it does not say why'}`,
    );
  }

  #watchHealth(): void {
    const { healthcheck } = this.#parts;
    const command = healthArgv(healthcheck);
    if (healthcheck === undefined || command === undefined || !this.#running) return;
    this.#health = watchHealth(healthcheck, (signal) => this.exec(command, { signal }));
  }

  /** The file system as the container sees it while it runs, with all its mounts; else as its keeper has it. */
  get #root(): HostPath {
    const { keeper, bundle } = this.#parts;
    return this.#running && this.#hostPid !== undefined
      ? hostPath(`/proc/${this.#hostPid}/root`)
      : hostPath(`/proc/${keeper.pid}/root${bundle}/root`);
  }

  #socketPath(port: number): HostPath {
    const { bundle, keeper } = this.#parts;
    const path = join(bundle, 'p', String(port));
    // The keeper is in the bundle, which gives a long path a short name.
    return hostPath(path.length <= socketPathLimit ? path : `/proc/${keeper.pid}/cwd/p/${port}`);
  }

  get #shortId(): string {
    return this.id.slice(0, 12);
  }
}

function followPipe({ reader }: OutputPipe, stream: LogChunk['stream'], log: ContainerLog): void {
  reader.on('data', (data: Uint8Array) => log.append(stream, data));
  reader.on('error', () => {});
}

function endLog(pipes: readonly OutputPipe[], log: ContainerLog): void {
  let open = pipes.length;
  for (const { reader } of pipes) {
    reader.once('close', () => {
      open -= 1;
      if (open === 0) log.end();
    });
  }
}
