import type { RunConfig } from '@pare/oci';
import { healthTimes } from '../../model/health-check.ts';
import type { ContainerState, ExecResult } from '../../ports/container-engine.ts';

/** A health check that goes on until it is disposed of. */
export interface HealthMonitor extends Disposable {
  status(): NonNullable<ContainerState['health']>;
}

type Healthcheck = NonNullable<RunConfig['Healthcheck']>;

/**
 * Runs a health check as docker does: first after one interval; healthy with the first success; unhealthy after `Retries`
 * failures in a row, of which those within `StartPeriod` do not count.
 */
export function watchHealth(
  check: Healthcheck,
  run: (signal: AbortSignal) => Promise<ExecResult>,
): HealthMonitor {
  const { intervalMs, retries, startPeriodMs, timeoutMs } = healthTimes(check);
  const graceEnds = performance.now() + startPeriodMs;
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
