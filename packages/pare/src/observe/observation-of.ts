import { SensorRecordError } from '@pare/sensor';
import type { Observation } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import { blindSpotsOf } from './facts/blind-spots.ts';
import { collectFacts, type FactCollector } from './facts/collect-facts.ts';
import { recordParts } from './sensor/read-ahead.ts';
import type { Trace } from './sensor/traced-launcher.ts';
import type { SessionResult } from './session/session-model.ts';

export interface ObservationParts {
  readonly result: SessionResult;
  readonly traces: readonly Trace[];
  readonly image: Observation['image'];
  /** Whether the sensor's clock is this machine's. */
  readonly local: boolean;
  /** What the user should know of how it was run. */
  readonly notes: readonly string[];
  /** What the sensor ran with; `full` when left out. */
  readonly privileges?: 'full' | 'none';
}

/**
 * Makes an observation of what a session answered and what its sensors wrote. Equal records and answers give equal
 * observations. Throws PareError `observation-failed` for a record that is none.
 */
export function observationOf({
  result,
  traces,
  image,
  local,
  notes,
  privileges = 'full',
}: ObservationParts): Observation {
  // What was taken ahead is the first record's: the others come after it.
  const collector = traces[0]?.ahead?.collector ?? collectFacts();
  for (const trace of traces) collect(trace, collector);
  const { account, ...facts } = collector.facts();
  const { mode, supervisorDeaths, notes: told, ...counts } = account;
  const { unexposed: _, probes, ...exercised } = result;
  return {
    schema: 'pare.observation/1',
    image,
    ...facts,
    account: {
      mode,
      ...counts,
      privileges,
      ...(supervisorDeaths === undefined ? {} : { supervisorDeaths }),
      blindSpots: blindSpotsOf({ mode, privileges }),
      notes: [...new Set([...notes, ...told, ...(local ? [] : [remoteClock])])],
    },
    ...exercised,
    probes,
  };
}

const remoteClock = 'the engine is remote: what was used when is only as exact as its clock is in step';

/** Takes the rest of a trace. */
function collect({ ahead, record, ...origin }: Trace, collector: FactCollector): void {
  const facts = ahead?.facts ?? collector.begin(origin);
  try {
    for (const part of recordParts(record.subarray(ahead?.taken.length ?? 0))) facts.take(part);
  } catch (error) {
    if (!(error instanceof SensorRecordError)) throw error;
    throw new PareError('observation-failed', `the sensor's record cannot be read: ${error.message}`, {
      cause: error,
    });
  }
  facts.end();
}
