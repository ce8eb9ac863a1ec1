import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, ExecAnswer } from '../../../model/observation.ts';
import { PareError } from '../../../model/pare-error.ts';
import type { ExecResult } from '../../../ports/container-engine.ts';
import { judgeCommand } from '../expectation.ts';
import type { CommandContext, ProbeOf, ProbeRunner } from '../probe.ts';
import { commandArgv, commandTitle } from './command.ts';

/** One command in the running container. */
export const execProbe: ProbeRunner<'exec'> = {
  id: 'exec',
  needs: 'container',
  title: (probe) => commandTitle(probe.command),
  async run(probe, context): Promise<readonly Answer[]> {
    const started = performance.now();
    const result = await withDeadline(commandArgv(probe.command), context);
    const title = commandTitle(probe.command);
    if (result === undefined) {
      const message = `did not end within ${context.timeoutMs} ms`;
      return [{ kind: 'failed', probe: title, port: undefined, message }];
    }
    return [toExecAnswer(probe, result, performance.now() - started)];
  },
};

/**
 * The answer of a command that ended. Throws PareError `probe-failed` when the image has no shell to run a command
 * line with: such a probe can never work, so it says nothing about the image.
 */
export function toExecAnswer(probe: ProbeOf<'exec'>, result: ExecResult, elapsedMs: number): Answer {
  const stdout = new TextDecoder().decode(result.stdout);
  const stderr = new TextDecoder().decode(result.stderr);
  const title = commandTitle(probe.command);
  if (typeof probe.command === 'string' && isShellMissing(result.exitCode, stdout + stderr)) {
    throw new PareError('probe-failed', `${title}: the image has no /bin/sh to run this with`, {
      hint: 'give the command as a JSON list of words, for example --exec \'["tool", "--version"]\'',
    });
  }
  const answer: ExecAnswer = {
    kind: 'exec',
    command: title,
    exitCode: result.exitCode,
    stdout,
    stderr,
    elapsedMs,
  };
  return judgeCommand(answer, probe.expect);
}

/** runc's words on the engine's stream, and the sensor's. 126 and 127 alone may be the command's own. */
function isShellMissing(exitCode: number, output: string): boolean {
  return (
    (exitCode === 126 || exitCode === 127) &&
    /["'\s]\/bin\/sh["']?: (?:stat \/bin\/sh: )?no such file/i.test(output)
  );
}

/** Undefined when it took too long. */
async function withDeadline(
  argv: readonly string[],
  context: CommandContext,
): Promise<ExecResult | undefined> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([context.signal, deadline.signal]);
  const timer = delay(context.timeoutMs, undefined, { signal }).then(
    () => deadline.abort(),
    () => undefined,
  );
  try {
    return await context.execute(argv, signal);
  } catch (error) {
    context.signal.throwIfAborted();
    if (deadline.signal.aborted) return undefined;
    throw error;
  } finally {
    deadline.abort();
    await timer;
  }
}
