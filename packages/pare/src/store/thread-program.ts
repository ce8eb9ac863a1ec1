import { parentPort } from 'node:worker_threads';
import { carryOut } from './link-order.ts';
import type { ThreadMessage } from './store-thread.ts';
import { openLayerWriting } from './write-layer.ts';

/** The program of the store's thread, started by store-thread.ts: does what would keep the main thread from all else for long. */
const writing = openLayerWriting();
let last = Promise.resolve();

async function carryOutNext(message: ThreadMessage): Promise<void> {
  const answer = message.kind === 'layer' ? await writing.take(message.order) : carryOut(message.order);
  if (answer !== undefined) parentPort?.postMessage(answer);
}

parentPort?.on('message', (message: ThreadMessage) => {
  last = last.then(() => carryOutNext(message));
});
