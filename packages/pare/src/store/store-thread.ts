import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';
import type { LinkAnswer, LinkOrder } from './link-order.ts';
import type { LayerAnswer, LayerPart } from './write-layer.ts';

interface Orders {
  readonly layer: { readonly order: LayerPart; readonly answer: LayerAnswer };
  readonly link: { readonly order: LinkOrder; readonly answer: LinkAnswer };
}

/** What the thread is sent; it sends back one answer to one order, or to all parts of one. */
export type ThreadMessage = {
  readonly [Kind in keyof Orders]: { readonly kind: Kind; readonly order: Orders[Kind]['order'] };
}[keyof Orders];

/** An order or part of one, and what of it the thread is to own. */
interface Sent<Order> {
  readonly order: Order;
  readonly owned?: readonly Transferable[];
}

/**
 * The one thread of a store, which carries out one order after the other. To start one takes as much of a processor as a thousand links:
 * it is kept for the next order. It keeps no process alive that has ended otherwise.
 */
export interface StoreThread {
  /** Starts it where it does not run: while it starts, its order can be made. */
  start(): void;
  /**
   * Has an order carried out, whose parts are sent as they are made. An abort ends the thread, and so does a part that cannot be made. Throws
   * the signal's reason, what making a part throws, and an error that the thread did not catch.
   */
  ask<Kind extends keyof Orders>(
    kind: Kind,
    parts: Iterable<Sent<Orders[Kind]['order']>> | AsyncIterable<Sent<Orders[Kind]['order']>>,
    signal: AbortSignal | undefined,
  ): Promise<Orders[Kind]['answer']>;
  /** Ends it where it has no orders: who has asked for the last time says so. */
  rest(): Promise<void>;
}

/** Opens it without starting it. */
export function openStoreThread(): StoreThread {
  let running: Worker | undefined;
  let orders = 0;
  let last: Promise<unknown> = Promise.resolve();

  function start(): Worker {
    if (running !== undefined) return running;
    const worker = new Worker(programPath());
    running = worker;
    worker.unref();
    // Listened to from the beginning: an error of the thread that nobody takes would end the process.
    worker.once('error', () => forget(worker));
    return worker;
  }
  function forget(worker: Worker): void {
    if (running === worker) running = undefined;
  }
  async function askNow<Kind extends keyof Orders>(
    kind: Kind,
    parts: Iterable<Sent<Orders[Kind]['order']>> | AsyncIterable<Sent<Orders[Kind]['order']>>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const worker = start();
    worker.ref();
    try {
      const answered = once(worker, 'message', signal === undefined ? {} : { signal });
      answered.catch(() => undefined);
      for await (const { order, owned = [] } of parts) {
        signal?.throwIfAborted();
        worker.postMessage({ kind, order }, owned);
      }
      const [answer] = await answered;
      worker.unref();
      return answer;
    } catch (error) {
      // What it is at must not go on.
      forget(worker);
      await worker.terminate();
      throw signal?.aborted === true ? signal.reason : error;
    }
  }

  return {
    start: () => void start(),
    async ask(kind, parts, signal) {
      orders += 1;
      const asking = last.then(() => askNow(kind, parts, signal));
      last = asking.catch(() => undefined);
      try {
        return (await asking) as never;
      } finally {
        orders -= 1;
      }
    },
    async rest() {
      if (orders > 0 || running === undefined) return;
      const worker = running;
      forget(worker);
      await worker.terminate();
    },
  };
}

/** Beside this file in a checkout; beside the bundle in what ships. */
function programPath(): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/thread-program.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
}
