import type { Phase } from '../../model/observation.ts';

/** When a session came to what, on CLOCK_MONOTONIC: what an instant of the sensor's record belongs to. */
export interface Marks {
  /** When the application was found ready; undefined: never. */
  readonly readyNs: bigint | undefined;
  /** In the order of time. Positions are those in the session's list of probes. */
  readonly probes: readonly { readonly startNs: bigint; readonly position: number }[];
}

/** Now, in nanoseconds of CLOCK_MONOTONIC, which is what `process.hrtime` reads on Linux. */
export function nowNs(): bigint {
  return process.hrtime.bigint();
}

/** The probe that was last begun at an instant; undefined before the first. */
export function probeAt(marks: Marks, timeNs: bigint): number | undefined {
  for (let last = marks.probes.length - 1; last >= 0; last -= 1) {
    const probe = marks.probes[last];
    if (probe !== undefined && probe.startNs <= timeNs) return probe.position;
  }
  return undefined;
}

/** Whether an instant was before the application was found ready. */
export function phaseAt(marks: Marks, timeNs: bigint): Phase {
  return marks.readyNs !== undefined && timeNs >= marks.readyNs ? 'serving' : 'start-up';
}
