/** How the sensor is started; each as it should be unless an image or an engine needs it otherwise. */
export interface SensorOptions {
  /** Who is the container's first process. */
  readonly layout: 'application-first' | 'sensor-first';
  /** `none`: it needs no capability and no user of its own; what it then cannot see is told (`Account.blindSpots`). */
  readonly privileges: 'full' | 'none';
}
