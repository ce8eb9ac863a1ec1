import type { ProbeSteps } from '../probe.ts';

/** Steps that a test can look at: what began, and what was left out with its reason. */
export interface RecordedSteps extends ProbeSteps {
  readonly begun: readonly string[];
  readonly leftOut: readonly string[];
}

export function recordSteps({ counted = false } = {}): RecordedSteps {
  const begun: string[] = [];
  const leftOut: string[] = [];
  return {
    begin: (title) => void begun.push(title),
    leaveOut: (what, why) => void leftOut.push(`${what}: ${why}`),
    counted,
    begun,
    leftOut,
  };
}
