import type {
  Container,
  ContainerSpec,
  ContainerState,
  ExecResult,
  LogChunk,
  PublishedPort,
} from '../../pare/src/ports/container-engine.ts';

/** What a fake container does. Everything has a default: it runs, says nothing, and ends when it is killed. */
export interface FakeContainerScript {
  /** Written as soon as it is started. */
  readonly output?: readonly LogChunk[];
  /** Ends at once with this exit code; undefined: runs until it is killed. */
  readonly endsWith?: number;
  /** What `start` throws. */
  readonly startError?: Error;
  /** The exit code that a signal ends it with; undefined: the signal is ignored. Default: 137 for KILL, 143 for others. */
  readonly onSignal?: (name: string) => number | undefined;
  readonly ports?: readonly PublishedPort[];
  readonly exec?: (argv: readonly string[]) => Promise<ExecResult> | ExecResult;
  readonly copyOut?: (path: string) => AsyncIterable<Uint8Array>;
  readonly hostPid?: number;
  /** Called when it is started, for a server that a test wants to run behind its ports. */
  readonly onStart?: () => Promise<void> | void;
}

/** A container in memory; `journal` tells a test what was done to it, in order. */
export class FakeContainer implements Container {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly journal: string[] = [];
  /** What was unpacked into it, by directory. */
  readonly copiedIn: { readonly directory: string; readonly tar: Uint8Array }[] = [];
  readonly #script: FakeContainerScript;
  readonly #onDisposed: () => void;
  readonly #started = deferred<void>();
  readonly #ended = deferred<number>();
  #running = false;
  #exitCode: number | undefined;

  constructor(id: string, spec: ContainerSpec, script: FakeContainerScript, onDisposed: () => void) {
    this.id = id;
    this.spec = spec;
    this.#script = script;
    this.#onDisposed = onDisposed;
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.journal.push('start');
    const { startError, onStart, endsWith } = this.#script;
    if (startError !== undefined) {
      this.#started.reject(startError);
      throw startError;
    }
    this.#running = true;
    await onStart?.();
    this.#started.resolve();
    if (endsWith !== undefined) this.#end(endsWith);
  }

  async state(): Promise<ContainerState> {
    return {
      running: this.#running,
      exitCode: this.#exitCode,
      error: this.#script.startError?.message,
      hostPid: this.#running ? this.#script.hostPid : undefined,
    };
  }

  wait(signal?: AbortSignal): Promise<number> {
    const ended = orAborted(this.#started.promise, signal).then(() => orAborted(this.#ended.promise, signal));
    ended.catch(() => {});
    return ended;
  }

  async kill(signalName: string): Promise<void> {
    this.journal.push(`kill ${signalName}`);
    if (!this.#running) return;
    const name = signalName.replace(/^SIG/, '');
    const byDefault = name === 'KILL' || name === '9' ? 137 : 143;
    const exitCode = this.#script.onSignal === undefined ? byDefault : this.#script.onSignal(name);
    if (exitCode !== undefined) this.#end(exitCode);
  }

  async *logs(signal?: AbortSignal): AsyncGenerator<LogChunk> {
    await orAborted(this.#started.promise, signal);
    yield* this.#script.output ?? [];
    await orAborted(this.#ended.promise, signal);
  }

  async exec(argv: readonly string[]): Promise<ExecResult> {
    this.journal.push(`exec ${argv.join(' ')}`);
    const nothing = new Uint8Array();
    return (await this.#script.exec?.(argv)) ?? { exitCode: 0, stdout: nothing, stderr: nothing };
  }

  async ports(): Promise<readonly PublishedPort[]> {
    return this.#script.ports ?? [];
  }

  async *copyOut(path: string): AsyncGenerator<Uint8Array> {
    this.journal.push(`copyOut ${path}`);
    if (this.#script.copyOut !== undefined) yield* this.#script.copyOut(path);
  }

  async copyIn(directory: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    this.journal.push(`copyIn ${directory}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of tar) chunks.push(chunk);
    this.copiedIn.push({ directory, tar: Buffer.concat(chunks) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.journal.push('dispose');
    this.#started.reject(new Error(`${this.id} was removed before it was started`));
    if (this.#running) this.#end(137);
    this.#onDisposed();
  }

  #end(exitCode: number): void {
    this.#running = false;
    this.#exitCode = exitCode;
    this.#ended.resolve(exitCode);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
