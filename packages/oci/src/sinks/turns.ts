import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OciError } from '../model/oci-error.ts';
import { type DraftName, draftPath, parseDraftName, writerOf } from './draft-names.ts';

const pollMs = 15;
const patienceMs = 120_000;
/** Nobody can tell here whether a process of another machine or container still is: one that was killed must not be waited for for ever. */
const strangerMs = 30_000;

/**
 * Waits until it is the caller's turn to change what is in `directory`; dispose of it to let the next one in. One caller of all processes has it at a time, in
 * the order in which they came, and nobody who was killed. Throws OciError `timed-out` when a living process keeps it for two minutes.
 *
 * Lamport's bakery ("A New Solution of Dijkstra's Concurrent Programming Problem", 1974), in files: each caller's have a name of their own, so that none is ever
 * taken for another's, and what a kill leaves is a draft like any other. Neither flock(2), which Node lacks, nor links are needed.
 */
export async function takeTurn(directory: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  signal?.throwIfAborted();
  const own = await draftPath(directory);
  const number = await drawNumber(directory, own);
  const ticket: Ticket = { path: `${own}.${number}`, number, waitingSince: performance.now() };
  try {
    const earlier = await waiters(directory, ticket);
    const choosing = new Set(earlier.filter(({ turn }) => turn === 'choosing').map(({ name }) => name));
    // Whoever was choosing may have looked before this ticket was there, and got a number that comes before it.
    await waitWhile(directory, ticket, ({ name }) => choosing.has(name), signal);
    await waitWhile(directory, ticket, (other) => comesBefore(other, ticket), signal);
  } catch (error) {
    await rm(ticket.path, { force: true });
    throw error;
  }
  return { [Symbol.asyncDispose]: () => rm(ticket.path, { force: true }) };
}

interface Ticket {
  readonly path: string;
  readonly number: number;
  /** Of `performance.now()`. */
  readonly waitingSince: number;
}

interface Waiter extends DraftName {
  readonly name: string;
}

/** Puts a ticket in place whose number is above all that can be seen. */
async function drawNumber(directory: string, own: string): Promise<number> {
  const choosing = `${own}.choosing`;
  await writeFile(choosing, '', { flag: 'wx' });
  try {
    const numbers = (await readdir(directory)).map((name) => parseDraftName(name)?.turn);
    const number =
      1 + numbers.reduce<number>((most, one) => (typeof one === 'number' ? Math.max(most, one) : most), 0);
    // Before `choosing` goes: between the two nobody may find neither.
    await writeFile(`${own}.${number}`, '', { flag: 'wx' });
    return number;
  } finally {
    await rm(choosing, { force: true });
  }
}

function comesBefore({ turn, name }: Waiter, ticket: Ticket): boolean {
  if (typeof turn !== 'number') return false;
  return turn === ticket.number ? name < basename(ticket.path) : turn < ticket.number;
}

async function waitWhile(
  directory: string,
  ticket: Ticket,
  isInTheWay: (other: Waiter) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const other = (await waiters(directory, ticket)).find(isInTheWay);
    if (other === undefined) return;
    if (performance.now() - ticket.waitingSince > patienceMs)
      throw new OciError(
        'timed-out',
        `process ${other.writer.pid} has kept ${directory} for itself too long`,
      );
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** All others that wait or have their turn. What the dead left is removed. */
async function waiters(directory: string, ticket: Ticket): Promise<readonly Waiter[]> {
  const found: Waiter[] = [];
  for (const name of await readdir(directory)) {
    const draft = parseDraftName(name);
    if (draft?.turn === undefined || name === basename(ticket.path)) continue;
    const writer = await writerOf(draft);
    if (writer === 'gone') await rm(join(directory, name), { force: true });
    else if (writer === 'alive' || (await mayBeThere(join(directory, name), ticket)))
      found.push({ ...draft, name });
  }
  return found;
}

/** By the clock of the disk alone, which may be another machine's: a file that is much older than the ticket, or stays much longer, is of nobody. */
async function mayBeThere(path: string, ticket: Ticket): Promise<boolean> {
  if (performance.now() - ticket.waitingSince > strangerMs) return false;
  const [theirs, own] = await Promise.all([stat(path), stat(ticket.path)]).catch(() => []);
  return theirs !== undefined && own !== undefined && own.mtimeMs - theirs.mtimeMs < strangerMs;
}
