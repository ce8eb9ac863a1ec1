import type { RunConfig } from '@pare/oci';
import type { ContainerState, ExecResult } from '../../ports/container-engine.ts';

/** A health check that goes on until it is disposed of. */
export interface HealthMonitor extends Disposable {
  status(): NonNullable<ContainerState['health']>;
}

type Healthcheck = NonNullable<RunConfig['Healthcheck']>;

const nanosecondsPerMs = 1e6;
/** Docker's defaults: a check every 30 s that may take 30 s, unhealthy after three failures (Engine API, HealthConfig). */
const usualMs = 30_000;
const usualRetries = 3;

/** The command line of an image's health check; undefined where it has none. */
export function healthCommand(
  check: Healthcheck | undefined,
  shell: readonly string[],
): readonly string[] | undefined {
  const [kind, ...words] = check?.Test ?? [];
  if (kind === 'CMD') return words;
  return kind === 'CMD-SHELL' ? [...shell, words.join(' ')] : undefined;
}

/**
 * Runs a health check as docker does: first after one interval; healthy with the first success; unhealthy after `Retries`
 * failures in a row, of which those within `StartPeriod` do not count.
 */
export function watchHealth(
  check: Healthcheck,
  run: (signal: AbortSignal) => Promise<ExecResult>,
): HealthMonitor {
  const duration = (nanoseconds: number | undefined) =>
    nanoseconds ? nanoseconds / nanosecondsPerMs : usualMs;
  const intervalMs = duration(check.Interval);
  const timeoutMs = duration(check.Timeout);
  const retries = check.Retries || usualRetries;
  const graceEnds = performance.now() + (check.StartPeriod ?? 0) / nanosecondsPerMs;
  let status: NonNullable<ContainerState['health']> = 'starting';
  let failures = 0;
  let over = false;
  let timer: NodeJS.Timeout;

  const passes = async () => {
    try {
      const { exitCode } = await run(AbortSignal.timeout(timeoutMs));
      return exitCode === 0;
    } catch {
      // Out of time, or the container ended meanwhile.
      return false;
    }
  };
  const beat = async () => {
    const healthy = await passes();
    if (over) return;
    if (healthy) {
      status = 'healthy';
      failures = 0;
    } else if (status !== 'starting' || performance.now() >= graceEnds) {
      failures += 1;
      if (failures >= retries) status = 'unhealthy';
    }
    schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void beat(), intervalMs);
    timer.unref();
  };
  schedule();
  return {
    status: () => status,
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
    },
  };
}
