import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExerciseFailure } from '../model/observation.ts';
import { type ListeningSocket, readListening } from './listening.ts';
import type { PortPlan } from './ports.ts';
import type { HostAddress } from './probes/http/http-port.ts';
import type { RunningContainer } from './running-container.ts';

export type Readiness =
  | { readonly kind: 'ready'; readonly ports: readonly number[] }
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'not-ready'; readonly failure: ExerciseFailure };

const firstPauseMs = 5;
const longestPauseMs = 50;

/**
 * A connection to a published port of a remote engine that stays open this long has an application behind it. An
 * engine's proxy accepts at once and closes as soon as it finds that nobody listens.
 */
const remoteSettleMs = 200;

/** TCP ports on which the application is reachable now; what a remote engine hides is found by connecting. */
export async function reachablePorts(
  running: RunningContainer,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const sockets = running.hostPid === undefined ? undefined : await readListening(running.hostPid);
  if (sockets !== undefined) return portsOf(sockets);
  const found = await Promise.all(
    wanted.map(async (port) => {
      const address = running.address(port);
      return address !== undefined && (await staysOpen(address)) ? [port] : [];
    }),
  );
  return found.flat();
}

/**
 * Waits until the application listens where it can be reached: on every port when the user named them, else on one at
 * least, for an image often exposes more than its configuration uses. Throws the signal's reason when aborted.
 */
export async function awaitReadiness(
  running: RunningContainer,
  plan: PortPlan,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Readiness> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    signal.throwIfAborted();
    const exitCode = running.exitCode();
    if (exitCode !== undefined) return { kind: 'ended', exitCode };
    const reachable = await reachablePorts(running, plan.ports);
    const ready = plan.ports.filter((port) => reachable.includes(port));
    if (plan.required ? ready.length === plan.ports.length : ready.length > 0)
      return { kind: 'ready', ports: ready };
    if (performance.now() >= deadline)
      return { kind: 'not-ready', failure: await explain(running, plan, timeoutMs) };
    await Promise.race([delay(pauseMs, undefined, { signal }), running.ended]);
  }
}

function portsOf(sockets: readonly ListeningSocket[]): readonly number[] {
  const ports = sockets.filter(({ loopback }) => !loopback).map(({ port }) => port);
  return [...new Set(ports)].sort((a, b) => a - b);
}

async function explain(
  running: RunningContainer,
  plan: PortPlan,
  timeoutMs: number,
): Promise<ExerciseFailure> {
  const sockets = running.hostPid === undefined ? undefined : await readListening(running.hostPid);
  return {
    code: 'container-not-ready',
    message: `nobody listens on port ${plan.ports.join(', ')} after ${timeoutMs / 1000} s`,
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

function staysOpen(address: HostAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('error', () => finish(false));
    socket.once('end', () => finish(false));
    socket.once('data', () => finish(true));
    socket.once('connect', () => socket.setTimeout(remoteSettleMs, () => finish(true)));
  });
}
