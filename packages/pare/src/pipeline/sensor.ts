import { locateSensor, type SensorBinary, ubiquitousCalls } from '@pare/sensor';
import { PareError } from '../model/pare-error.ts';

/** The sensor for an engine's kernel. Throws PareError `observation-failed` where there is none. */
export async function locateSensorFor(architecture: string): Promise<SensorBinary> {
  if (architecture === 'amd64' || architecture === 'arm64') return locateSensor(architecture);
  throw new PareError('observation-failed', `there is no sensor for linux/${architecture}`, {
    hint: 'use an engine on amd64 or arm64',
  });
}

/** System calls that the sensor does not see because every program makes them. */
export function assumedSyscalls(): readonly string[] {
  return ubiquitousCalls;
}
