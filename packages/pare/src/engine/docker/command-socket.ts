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
    child.on('error', (error) => this.destroy(error));
    child.stdin.on('error', (error) => this.destroy(this.#failure(error)));
    // `close` comes after both output streams ended, so the complaint is complete.
    child.on('close', (code) => {
      if (code !== 0 && code !== null) this.destroy(this.#failure());
      else this.push(null);
    });
  }

  #failure(cause?: Error): Error {
    const said = this.#complaint.trim().split('\n').at(-1) ?? '';
    return new Error(`${this.#title}: ${said === '' ? (cause?.message ?? 'the connection ended') : said}`, {
      cause,
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, (error) => done(error));
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
