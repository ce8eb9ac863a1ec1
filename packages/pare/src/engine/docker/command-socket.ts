import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';

/** How much of a command's complaints is kept for the error message. */
const complaintLimitBytes = 4096;

/**
 * A connection whose other end is a command's standard input and output, as `docker system dial-stdio` gives one. It has
 * the few members of `net.Socket` that `node:http` calls. Destroying it kills the command.
 */
export class CommandSocket extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #title: string;
  /** Resolves once both output streams ended, so that the complaint is complete. */
  readonly #closed: Promise<void>;
  #complaint = '';

  constructor(command: string, args: readonly string[]) {
    super({ allowHalfOpen: true });
    this.#title = command;
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, complaintLimitBytes);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.on('error', (error) => this.destroy(this.#failure(error)));
    // A write that fails says only that the command is gone; its end says why.
    child.stdin.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      child.on('close', (code) => {
        if (code !== 0 && code !== null) this.destroy(this.#failure());
        else this.push(null);
        resolve();
      });
    });
  }

  #failure(cause?: Error): Error {
    const said = this.#complaint.trim().split('\n').at(-1) ?? '';
    const message = said === '' ? (cause?.message ?? 'the connection ended') : said;
    return Object.assign(new Error(`${this.#title}: ${message}`, { cause }), { code: 'PARE_COMMAND' });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, (error) => {
      if (error) void this.#closed.then(() => done(this.#failure(error)));
      else done();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    done(error);
  }

  /** Deadlines are the caller's: a pipe has none. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    this.#child.ref();
    return this;
  }
  unref(): this {
    this.#child.unref();
    return this;
  }
}
