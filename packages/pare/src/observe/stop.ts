import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
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

/**
 * Stops the application by its stop signal (default SIGTERM), so that what it needs to end is seen too. One that would
 * not notice the signal is left for the removal of its container to kill: waiting for it would be waiting for nothing.
 */
export async function stopApplication(
  running: RunningContainer,
  stopSignal: string | undefined,
  signal: AbortSignal,
  graceMs: number = defaultGraceMs,
): Promise<Ending> {
  const already = running.exitCode();
  if (already !== undefined) return { kind: 'ended', exitCode: already };
  const name = stopSignal === undefined || stopSignal === '' ? 'SIGTERM' : stopSignal;
  if (!(await noticesSignal(running.hostPid, name))) return { kind: 'killed' };
  await running.container.kill(name);
  const timer = new AbortController();
  const outOfTime = delay(graceMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) });
  try {
    const exitCode = await Promise.race([running.ended, outOfTime]);
    return exitCode === undefined ? { kind: 'killed' } : { kind: 'ended', exitCode };
  } finally {
    timer.abort();
    outOfTime.catch(() => undefined);
  }
}

/** Assumed where it cannot be seen: a remote engine, a process of somebody else. */
async function noticesSignal(hostPid: number | undefined, name: string): Promise<boolean> {
  const number = signalNumber(name);
  if (hostPid === undefined || number === undefined) return true;
  const status = await readFile(`/proc/${hostPid}/status`, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES') return '';
    throw error;
  });
  const masks = parseSignalMasks(status);
  return masks === undefined || wouldNotice(masks, number);
}
