import { setTimeout as delay } from 'node:timers/promises';
import { type HealthTimes, healthArgv, healthTimes } from '../../model/health-check.ts';
import type { Answer } from '../../model/observation.ts';
import type { RunningContainer } from '../container/running-container.ts';
import { execProbe } from '../probes/exec/index.ts';
import type { ProbeOf } from '../probes/probe.ts';
import type { Session } from './session-model.ts';
import { stepsOf } from './session-steps.ts';

/** What the engine waits for between two checks is mostly half a minute, which nobody wants to spend here. */
const longestPauseMs = 1000;

/**
 * The image's health check as a probe: the engine would run it beside the application, so the slim image needs what it needs.
 * Undefined when it has none. As words, since a shell that is not there makes it fail, as it does for the engine.
 */
export function healthProbe(session: Session): ProbeOf<'exec'> | undefined {
  const command = healthArgv(session.config.config.Healthcheck);
  return command === undefined ? undefined : { kind: 'exec', command };
}

/**
 * Runs the image's health check beside the application as the engine would: again when it fails, as often as the image allows,
 * and without counting what fails in its start period, here from the first check on. Pauses between two are a second at
 * most, and the start period is over after the time for one probe. The answer is the last one; none when there is no check.
 */
export async function runHealthCheck(
  session: Session,
  running: RunningContainer,
): Promise<readonly Answer[]> {
  const { config } = session.config;
  const probe = healthProbe(session);
  if (probe === undefined || config.Healthcheck === undefined) return [];
  const times = limited(healthTimes(config.Healthcheck), session.scenario.probeTimeoutMs);
  const { run, title } = execProbe as Extract<typeof execProbe, { needs: 'container' }>;
  stepsOf(session).begin(title(probe));
  const execute: RunningContainer['execute'] = (argv, abort) => running.execute(argv, abort);
  const context = { config, execute, timeoutMs: times.timeoutMs, signal: session.signal };
  const graceEnds = performance.now() + times.startPeriodMs;
  for (let failures = 0; ; ) {
    const answers = await run(probe, context);
    if (answers.every(isHealthy) || running.exitCode() !== undefined) return answers;
    if (performance.now() >= graceEnds) failures += 1;
    if (failures >= times.retries) return answers;
    await Promise.race([delay(times.intervalMs, undefined, { signal: session.signal }), running.ended]);
  }
}

function limited(times: HealthTimes, probeTimeoutMs: number): HealthTimes {
  return {
    retries: times.retries,
    intervalMs: Math.min(times.intervalMs, longestPauseMs),
    timeoutMs: Math.min(times.timeoutMs, probeTimeoutMs),
    startPeriodMs: Math.min(times.startPeriodMs, probeTimeoutMs),
  };
}

function isHealthy(answer: Answer): boolean {
  return answer.kind === 'exec' && answer.exitCode === 0;
}
