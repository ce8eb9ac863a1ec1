import { assumedSyscalls, locateSensor, type SensorBinary, SensorRecordError } from '@pare/sensor';
import { PareError } from '../model/pare-error.ts';

/** The sensor for an engine's kernel. Throws PareError `observation-failed` where there is none. */
export function locateSensorFor(architecture: string): SensorBinary {
  if (architecture !== 'amd64' && architecture !== 'arm64') {
    throw new PareError('observation-failed', `there is no sensor for linux/${architecture}`, {
      hint: 'use an engine on amd64 or arm64',
    });
  }
  try {
    return locateSensor(architecture);
  } catch (error) {
    if (!(error instanceof SensorRecordError)) throw error;
    throw new PareError('observation-failed', error.message, { hint: 'install Pare anew', cause: error });
  }
}

/** System calls that a sensor does not see because every program makes them. */
export function assumedSyscallsOf(sensor: Pick<SensorBinary, 'arch'>): readonly string[] {
  return assumedSyscalls(sensor.arch === 'arm64' ? 'aarch64' : 'x86_64');
}
