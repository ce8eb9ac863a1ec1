import { chmodSync, chownSync, linkSync, mkdirSync, utimesSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { LinkAnswer, LinkOrder } from './make-links.ts';

/**
 * A program for a thread of its own: makes directories and thousands of links, which would keep the main thread from what is observed meanwhile.
 * Started by make-links.ts; answers one `LinkOrder` with one `LinkAnswer`.
 */

function makeLinks({ directories, links }: LinkOrder): void {
  // The first is there.
  for (const { place } of directories.slice(1)) mkdirSync(place, 0o700);
  for (const [existing, name] of links) linkSync(existing, name);
  // Last, since every name that is made in a directory is a change of it, and one may be closed to its owner.
  for (const { place, mode, uid, gid, mtimeSeconds } of directories.toReversed()) {
    chownSync(place, uid, gid);
    chmodSync(place, mode);
    utimesSync(place, mtimeSeconds, mtimeSeconds);
  }
}

function answer(order: LinkOrder): LinkAnswer {
  try {
    makeLinks(order);
    return { kind: 'made' };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { kind: 'failed', code, message };
  }
}

parentPort?.once('message', (order: LinkOrder) => parentPort?.postMessage(answer(order)));
