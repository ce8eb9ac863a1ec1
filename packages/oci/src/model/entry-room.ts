import { getHeapStatistics } from 'node:v8';

/** Measured: a whole `pare build` of 200,000 tiny files took 6 KB of memory for each at its peak. */
const bytesPerEntry = 8 * 1024;
/** However much memory there is: more than this is no image that anybody runs. */
const mostEntries = 2_000_000;

/** How many entries of layers this process has memory for, by the bound of its heap (`--max-old-space-size`), in bytes. */
export function entryRoom(heapLimitBytes: number = getHeapStatistics().heap_size_limit): number {
  return Math.min(mostEntries, Math.floor(heapLimitBytes / bytesPerEntry));
}

/** What to say of more. */
export const entryRoomAdvice =
  'this process has memory for no more; NODE_OPTIONS=--max-old-space-size=8192 gives it some';
