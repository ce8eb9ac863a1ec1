import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { areAsleep } from './blocked.ts';
import { hasConnections } from './listening.ts';
import type { RunningContainer } from './running-container.ts';
import { parseSignalMasks, signalNumber, wouldNotice } from './stop-signal.ts';

/** How the application came to its end. */
export type Ending =
  /** By itself, or after its stop signal. */
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** It had no handler for its stop signal, or did not end in time. The container is still there, to be removed. */
  | { readonly kind: 'killed' };

/** What `docker stop` gives an application. */
const defaultGraceMs = 10_000;
const pollMs = 20;

/**
 * How long an application may go on whose handler took itself away. Node's own one does: it resets the terminal and
 * raises the signal again, for the default action to end the process, which for PID 1 the kernel leaves out.
 */
const handlerGoneMs = 200;

/** How often it must be found asleep for longer than that, one look after the other, to be none that is shutting down; nor may it have a connection. */
const sleepLooks = 3;

export interface StopOptions {
  readonly graceMs?: number;
  /** Is told when it was sent its signal, and its end is waited for. */
  readonly onWaiting?: () => void;
}

/**
 * Stops the application by its stop signal (default SIGTERM), so that what it needs to end is seen too. One that would
 * not notice the signal is left for the removal of its container to kill: waiting for it would be waiting for nothing.
 */
export async function stopApplication(
  running: Pick<RunningContainer, 'container' | 'ended' | 'exitCode' | 'hostPid'>,
  stopSignal: string | undefined,
  signal: AbortSignal,
  { graceMs = defaultGraceMs, onWaiting }: StopOptions = {},
): Promise<Ending> {
  const already = running.exitCode();
  if (already !== undefined) return { kind: 'ended', exitCode: already };
  const name = stopSignal === undefined || stopSignal === '' ? 'SIGTERM' : stopSignal;
  if (!noticesSignal(running.hostPid, name)) return { kind: 'killed' };
  await running.container.kill(name);
  onWaiting?.();
  let deadline = performance.now() + graceMs;
  let handled = true;
  let asleep = 0;
  while (performance.now() < deadline) {
    const exitCode = await Promise.race([running.ended, delay(pollMs, undefined, { signal })]);
    if (exitCode !== undefined) return { kind: 'ended', exitCode };
    if (handled && !noticesSignal(running.hostPid, name)) {
      handled = false;
      deadline = Math.min(deadline, performance.now() + handlerGoneMs);
    }
    if (handled || running.hostPid === undefined) continue;
    asleep = areAsleep(running.hostPid, handlerGoneMs) ? asleep + 1 : 0;
    if (asleep >= sleepLooks && !hasConnections(running.hostPid)) return { kind: 'killed' };
  }
  return { kind: 'killed' };
}

/** Assumed where it cannot be seen: a remote engine, a process of somebody else, one that has just ended. */
function noticesSignal(hostPid: number | undefined, name: string): boolean {
  const number = signalNumber(name);
  if (hostPid === undefined || number === undefined) return true;
  const masks = parseSignalMasks(readStatus(hostPid));
  return masks === undefined || wouldNotice(masks, number);
}

function readStatus(hostPid: number): string {
  try {
    return readFileSync(`/proc/${hostPid}/status`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
