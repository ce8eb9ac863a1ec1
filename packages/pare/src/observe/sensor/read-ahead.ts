import { readFileSync } from 'node:fs';
import type { HostPath } from '@pare/oci';
import { SensorRecordError, settledBytes } from '@pare/sensor';
import { createTurns } from '../../model/event-loop-turn.ts';
import {
  collectFacts,
  type FactCollector,
  type RecordFacts,
  type RecordOrigin,
} from '../facts/collect-facts.ts';

/** What is decoded at once: records that are forgotten before the next are made cost nearly nothing. */
const partBytes = 32 * 1024;

/** Cuts bytes of a record into what is decoded at once. */
export function* recordParts(bytes: Uint8Array): Generator<Uint8Array, undefined> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

/** The beginning of an observation's first record, taken before the record was whole. */
export interface ReadAhead {
  readonly collector: FactCollector;
  readonly facts: RecordFacts;
  /** How the record began. */
  readonly taken: Uint8Array;
}

/** What was taken ahead of a record, unless the whole one begins in another way: the sensor mends one that another program has shortened. */
export function confirmAhead(ahead: ReadAhead | undefined, record: Uint8Array): ReadAhead | undefined {
  if (ahead === undefined) return undefined;
  return Buffer.compare(record.subarray(0, ahead.taken.length), ahead.taken) === 0 ? ahead : undefined;
}

/**
 * Takes what a record on this machine holds by now, while its application ends: what is left then is little. Leaves the rest when `isOver` says
 * that nobody else is waited for any more. Undefined for a record that is not there or cannot be read: whoever takes it whole says why.
 */
export async function readAhead(
  path: HostPath,
  origin: RecordOrigin,
  isOver: () => boolean,
): Promise<ReadAhead | undefined> {
  const collector = collectFacts();
  const facts = collector.begin(origin);
  const turn = createTurns();
  let takenBytes = 0;
  try {
    const before = readFileSync(path);
    const after = readFileSync(path);
    for (const part of recordParts(after.subarray(0, settledBytes(before, after)))) {
      await turn();
      if (isOver()) break;
      facts.take(part);
      takenBytes += part.length;
    }
    return { collector, facts, taken: after.subarray(0, takenBytes) };
  } catch (error) {
    if (error instanceof SensorRecordError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return undefined;
    throw error;
  }
}
