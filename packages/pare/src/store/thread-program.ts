import { parentPort } from 'node:worker_threads';
import { carryOut } from './link-order.ts';
import type { ThreadMessage } from './store-thread.ts';
import { writeLayer } from './write-layer.ts';

/** The program of the store's thread, started by store-thread.ts: does what would keep the main thread from all else for long. */
parentPort?.on('message', async (message: ThreadMessage) => {
  const answer = message.kind === 'layer' ? await writeLayer(message.order) : carryOut(message.order);
  parentPort?.postMessage(answer);
});
