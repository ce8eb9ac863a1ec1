import type { ProbeSteps } from '../probes/probe.ts';
import type { Session } from './session-model.ts';

/** Writes a probe's parts into the session's log, and shows where it is. */
export function stepsOf({ countsSteps, log, stage }: Session): ProbeSteps {
  return {
    begin(title) {
      stage.update(title);
      log.beginProbe(title);
    },
    leaveOut: (what, why) => log.leaveOut({ what, why }),
    counted: countsSteps ?? false,
  };
}
