import { parentPort } from 'node:worker_threads';
import { carryOut, type LinkOrder } from './link-order.ts';

/**
 * A program for a thread of its own: makes directories and thousands of links, which would keep the main thread from what is observed meanwhile.
 * Started by make-links.ts; answers one `LinkOrder` with one `LinkAnswer`.
 */

parentPort?.once('message', (order: LinkOrder) => parentPort?.postMessage(carryOut(order)));
