import type { ReadinessCheck } from '../../model/scenario.ts';
import type { RunningContainer } from '../container/running-container.ts';
import { OutOfTime, withDeadline } from '../probes/deadline.ts';
import { commandArgv, commandTitle } from '../probes/exec/command.ts';
import { detectProtocol } from '../probes/http/detect-protocol.ts';
import { reachablePorts } from './reachable-ports.ts';

/** One asking may not take longer: the next one may find it ready. */
const attemptMs = 5000;

/** A command costs its container a process each time. */
export function checkPauseMs(check: ReadinessCheck): number {
  return check.kind === 'exec' ? 200 : check.kind === 'http' ? 50 : 0;
}

/** What is waited for, for a person. */
export function describeCheck(check: ReadinessCheck): string {
  switch (check.kind) {
    case 'http':
      return `that GET ${check.path}${check.port === undefined ? '' : ` on port ${check.port}`} answers with success`;
    case 'tcp':
      return `that it listens on port ${check.port}`;
    case 'exec':
      return `that \`${commandTitle(check.command)}\` ends with exit code 0`;
    case 'log':
      return `that its output matches /${check.pattern}/`;
  }
}

/**
 * Asks once whether something is ready. `listening` are the planned ports that are listened on. Throws the signal's reason
 * when aborted, and what a failing engine throws.
 */
export async function passesCheck(
  running: RunningContainer,
  check: ReadinessCheck,
  listening: readonly number[],
  signal: AbortSignal,
): Promise<boolean> {
  switch (check.kind) {
    case 'tcp':
      return (
        listening.includes(check.port) || (await reachablePorts(running, [check.port])).includes(check.port)
      );
    case 'log': {
      const pattern = new RegExp(check.pattern, 'm');
      const { logs } = running;
      return [logs.text('stdout'), logs.text('stderr'), logs.tail().join('\n')].some((text) =>
        pattern.test(text),
      );
    }
    case 'exec':
      return succeeds(running, commandArgv(check.command), signal);
    case 'http': {
      const port = check.port ?? listening[0];
      const address = port === undefined ? undefined : running.address(port);
      if (port === undefined || address === undefined) return false;
      const limits = { timeoutMs: attemptMs, signal };
      const detection = await detectProtocol(port, address, limits, { path: check.path, readyBy: 0 });
      if (detection.kind === 'other') return false;
      const { status } = detection.first.answer;
      return status >= 200 && status < 400;
    }
  }
}

async function succeeds(
  running: RunningContainer,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { exitCode } = await withDeadline(attemptMs, signal, (abort) => running.execute(argv, abort));
    return exitCode === 0;
  } catch (error) {
    // A container that has just ended cannot be asked: that it has is seen by whoever waits.
    if (error instanceof OutOfTime || running.exitCode() !== undefined) return false;
    throw error;
  }
}
