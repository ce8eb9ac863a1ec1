import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';

/** A thread that answers one order. */
export interface StartedThread<Order, Answer> extends AsyncDisposable {
  /** Gives it its order, and what of that it is to own. Throws the signal's reason, and an error that the thread did not catch. */
  ask(order: Order, owned?: readonly Transferable[]): Promise<Answer>;
}

/**
 * Starts a program of this folder in a thread of its own: while it starts, its order can be made. An abort ends it, and so does
 * disposing of it.
 */
export function startThread<Order, Answer>(
  program: 'layer-thread' | 'link-thread',
  signal: AbortSignal | undefined,
): StartedThread<Order, Answer> {
  const worker = new Worker(programOf(program));
  // Listened to from the beginning: an error of the thread that nobody takes would end the process.
  const answered = once(worker, 'message', signal === undefined ? {} : { signal });
  answered.catch(() => undefined);
  return {
    async ask(order, owned = []) {
      try {
        signal?.throwIfAborted();
        worker.postMessage(order, owned);
        const [answer] = (await answered) as [Answer];
        return answer;
      } catch (error) {
        throw signal?.aborted === true ? signal.reason : error;
      }
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** Beside this file in a checkout; beside the bundle in what ships. */
function programOf(program: string): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/${program}.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
}
