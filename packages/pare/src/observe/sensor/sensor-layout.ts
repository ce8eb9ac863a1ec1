import { SensorRecordError, tellsOfLoss } from '@pare/sensor';
import type { SensorOptions } from '../../model/sensor-options.ts';
import type { Progress } from '../../ports/progress.ts';
import type { Trace } from './traced-launcher.ts';

/** Whether the sensor was killed so often that it gave up: what came after is missing. */
function endedUnwatched({ record }: Trace): boolean {
  try {
    return tellsOfLoss(record, 'unwatched');
  } catch (error) {
    // Whoever reads the record for its facts says so.
    if (error instanceof SensorRecordError) return false;
    throw error;
  }
}

/**
 * Observes once, and when the application killed the sensor for good, once more with the sensor as the container's first
 * process, which nothing in the container can kill. A layout that the user chose is kept.
 */
export async function sensorFirstIfKilled<Run extends { readonly traces: readonly Trace[] }>(
  input: { readonly sensorOptions?: Partial<SensorOptions>; readonly progress: Progress },
  observeWith: (options: Partial<SensorOptions>) => Promise<Run>,
): Promise<Run> {
  const options = input.sensorOptions ?? {};
  const run = await observeWith(options);
  if (options.layout !== undefined || !run.traces.some(endedUnwatched)) return run;
  input.progress.note(
    'the application kills what watches it: running it again with the sensor as the first process of the container',
  );
  return observeWith({ ...options, layout: 'sensor-first' });
}
