import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ContinueAfter } from '../model/scenario.ts';
import type { CommandContext } from './command-context.ts';

/**
 * What ends the observation from outside: the Enter key or SIGUSR1. Undefined for the other events, which the
 * observation sees by itself.
 */
export function waitForContinueEvent(
  event: ContinueAfter,
  context: Pick<CommandContext, 'stdin' | 'progress' | 'process'>,
): ((signal: AbortSignal) => Promise<void>) | undefined {
  if (event === 'enter') return (signal) => waitForEnter(context, signal);
  if (event === 'signal') return (signal) => waitForSignal(context, signal);
  return undefined;
}

/** The end of standard input counts as the key: a script must not wait for ever. */
async function waitForEnter(
  { stdin, progress }: Pick<CommandContext, 'stdin' | 'progress'>,
  signal: AbortSignal,
): Promise<void> {
  progress.note('the application is ready; use it, then press Enter');
  const lines = createInterface({ input: stdin });
  try {
    await Promise.race([once(lines, 'line', { signal }), once(lines, 'close', { signal })]);
  } finally {
    lines.close();
  }
}

async function waitForSignal(
  context: Pick<CommandContext, 'progress' | 'process'>,
  signal: AbortSignal,
): Promise<void> {
  context.progress.note(`the application is ready; use it, then: kill -USR1 ${context.process.pid}`);
  await once(context.process, 'SIGUSR1', { signal });
}
