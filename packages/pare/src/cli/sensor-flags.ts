import { type Command, Option } from 'commander';
import type { SensorOptions } from '../model/sensor-options.ts';

/** As commander parses them. */
export interface SensorFlags {
  readonly sensorLayout?: SensorOptions['layout'];
  readonly sensorPrivileges?: SensorOptions['privileges'];
}

/** Adds the options of how the sensor is started, for commands that run an image under it. */
export function addSensorOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--sensor-layout <who>', 'who is the first process of the container').choices([
        'application-first',
        'sensor-first',
      ]),
    )
    .addOption(
      new Option('--sensor-privileges <which>', 'what the sensor may use; none: it sees less').choices([
        'full',
        'none',
      ]),
    );
}

/** What the user chose; the rest is left to whoever observes. */
export function sensorOptionsFrom({ sensorLayout, sensorPrivileges }: SensorFlags): Partial<SensorOptions> {
  return {
    ...(sensorLayout === undefined ? {} : { layout: sensorLayout }),
    ...(sensorPrivileges === undefined ? {} : { privileges: sensorPrivileges }),
  };
}
