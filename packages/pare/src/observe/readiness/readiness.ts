import { setTimeout as delay } from 'node:timers/promises';
import type { ExerciseFailure } from '../../model/observation.ts';
import type { ReadinessCheck } from '../../model/scenario.ts';
import type { ListeningSocket } from '../container/listening.ts';
import type { RunningContainer } from '../container/running-container.ts';
import type { PortPlan } from './ports.ts';
import { portsOf, reachablePorts } from './reachable-ports.ts';
import { checkPauseMs, describeCheck, passesCheck } from './readiness-check.ts';

export type Readiness =
  | { readonly kind: 'ready'; readonly ports: readonly number[] }
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'not-ready'; readonly failure: ExerciseFailure };

const firstPauseMs = 5;
const longestPauseMs = 10;
/** Where each look is a connection. */
const longestRemotePauseMs = 50;

/** What is waited for beside ports that listen, and how long in all. */
export interface Patience {
  /** Undefined: that it listens is enough. */
  readonly check?: ReadinessCheck | undefined;
  readonly timeoutMs: number;
}

/**
 * Waits until the application listens where it can be reached: on every port when the user named them, else on one at
 * least, for an image often exposes more than its configuration uses. With a check: until that passes, and the ports that
 * probes name are listened on. Throws the signal's reason when aborted.
 */
export async function awaitReadiness(
  running: RunningContainer,
  plan: PortPlan,
  { check, timeoutMs }: Patience,
  signal: AbortSignal,
): Promise<Readiness> {
  const deadline = performance.now() + timeoutMs;
  const longestMs = running.hostPid === undefined ? longestRemotePauseMs : longestPauseMs;
  let passed = check === undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestMs)) {
    signal.throwIfAborted();
    const exitCode = running.exitCode();
    if (exitCode !== undefined) return { kind: 'ended', exitCode };
    const reachable = await reachablePorts(running, plan.ports);
    const ready = plan.ports.filter((port) => reachable.includes(port));
    const listens = listensEnough(plan, ready, check !== undefined);
    if (check !== undefined && !passed) passed = await passesCheck(running, check, ready, signal);
    if (listens && passed) return { kind: 'ready', ports: ready };
    if (performance.now() >= deadline)
      return {
        kind: 'not-ready',
        failure: await explain(running, plan, timeoutMs, passed ? undefined : check),
      };
    const pause = check === undefined || passed ? pauseMs : Math.max(pauseMs, checkPauseMs(check));
    await Promise.race([delay(pause, undefined, { signal }), running.ended]);
  }
}

function listensEnough(plan: PortPlan, ready: readonly number[], checked: boolean): boolean {
  if (plan.required) return ready.length === plan.ports.length;
  const { awaited = [] } = plan;
  return awaited.every((port) => ready.includes(port)) && (checked || ready.length > 0);
}

async function explain(
  running: RunningContainer,
  plan: PortPlan,
  timeoutMs: number,
  check: ReadinessCheck | undefined,
): Promise<ExerciseFailure> {
  if (check !== undefined) {
    return {
      code: 'container-not-ready',
      message: `${describeCheck(check)} has not come true after ${timeoutMs / 1000} s`,
      hint: 'see its log below; the readiness of the scenario says what is waited for, and how long',
      details: running.logs.tail().slice(-10),
    };
  }
  const sockets = running.listening.sockets();
  return {
    code: 'container-not-ready',
    message: `nobody listens on port ${(plan.awaited ?? plan.ports).join(', ')} after ${timeoutMs / 1000} s`,
    hint: notReadyHint(plan.ports, sockets),
    details: running.logs.tail().slice(-10),
  };
}

/** What to do about an application that listens elsewhere, or nowhere. */
export function notReadyHint(
  wanted: readonly number[],
  sockets: readonly ListeningSocket[] | undefined,
): string {
  if (sockets === undefined) return 'see its log below; --ready-timeout gives it more time';
  const inside = sockets.find(({ port, loopback }) => loopback && wanted.includes(port));
  if (inside !== undefined) {
    return `it listens on ${inside.address}:${inside.port} only, which cannot be reached from outside: let it listen on 0.0.0.0`;
  }
  const others = portsOf(sockets).filter((port) => !wanted.includes(port));
  if (others.length > 0)
    return `it listens on ${others.join(', ')}, which is not exposed: pass --expose ${others[0]}`;
  const own = sockets.find(({ address }) => address !== '127.0.0.11');
  if (own !== undefined) return `it listens on ${own.address}:${own.port} only`;
  return 'it listens on no TCP port; see its log below; --ready-timeout gives it more time';
}
