import type { RunConfig } from '@pare/oci';

/** How an engine goes about a health check. */
export interface HealthTimes {
  readonly intervalMs: number;
  /** A check that takes longer has failed. */
  readonly timeoutMs: number;
  /** So many failures in a row make it unhealthy. */
  readonly retries: number;
  /** From the start on; failures within do not count. */
  readonly startPeriodMs: number;
}

const nanosecondsPerMs = 1e6;
const usualMs = 30_000;
const usualRetries = 3;

/**
 * What an engine runs as an image's health check; undefined when it has none. The string form is run by /bin/sh, whatever shell
 * the image names for its build (moby, daemon/health.go: a container has no shell of its own).
 */
export function healthArgv(check: RunConfig['Healthcheck']): readonly string[] | undefined {
  const [form, ...words] = check?.Test ?? [];
  if (words[0] === undefined) return undefined;
  if (form === 'CMD') return words;
  return form === 'CMD-SHELL' ? ['/bin/sh', '-c', words[0]] : undefined;
}

/** An image's health check with Docker's defaults for what it leaves out or sets to zero (Engine API, HealthConfig). */
export function healthTimes(check: NonNullable<RunConfig['Healthcheck']>): HealthTimes {
  const duration = (nanoseconds: number | undefined) =>
    nanoseconds ? nanoseconds / nanosecondsPerMs : usualMs;
  return {
    intervalMs: duration(check.Interval),
    timeoutMs: duration(check.Timeout),
    retries: check.Retries || usualRetries,
    startPeriodMs: (check.StartPeriod ?? 0) / nanosecondsPerMs,
  };
}
