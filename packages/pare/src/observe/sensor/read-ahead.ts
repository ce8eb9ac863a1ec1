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
import type { Marks } from '../facts/marks.ts';

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

/** Takes a record on this machine while it is written, so that little is left to take in the end. */
export interface ReadingAhead {
  /**
   * Takes what there is by now, beside whatever else goes on, and resolves once it did; `end` tells of a failure too. `marks` are the same each
   * time, and say what is known of the session by then.
   */
  take(marks: Marks): Promise<void>;
  /** Leaves what is not taken yet. Undefined for a record that is not there or cannot be read: whoever takes it whole says why. */
  end(): Promise<ReadAhead | undefined>;
}

/** Opens it with nothing taken. */
export function openReadingAhead(path: HostPath, container: number): ReadingAhead {
  let isOver = false;
  let taking: Promise<ReadAhead | undefined> = Promise.resolve(undefined);
  return {
    take(marks) {
      taking = taking.then((before) => readOn(path, { container, marks }, before, () => isOver));
      const taken = taking.then(() => undefined);
      // Nobody may be waiting: in the end it is looked at.
      taken.catch(() => undefined);
      return taken;
    },
    end() {
      isOver = true;
      return taking;
    },
  };
}

async function readOn(
  path: HostPath,
  origin: RecordOrigin,
  known: ReadAhead | undefined,
  isOver: () => boolean,
): Promise<ReadAhead | undefined> {
  const turn = createTurns(() => !isOver());
  try {
    const before = readFileSync(path);
    const after = readFileSync(path);
    const { collector, facts, taken } = confirmAhead(known, after) ?? begin(origin);
    let takenBytes = taken.length;
    for (const part of recordParts(after.subarray(takenBytes, settledBytes(before, after)))) {
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

function begin(origin: RecordOrigin): ReadAhead {
  const collector = collectFacts();
  return { collector, facts: collector.begin(origin), taken: new Uint8Array() };
}
