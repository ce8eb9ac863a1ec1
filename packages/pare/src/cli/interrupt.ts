import { PareError } from '../model/pare-error.ts';

/** Signals that ask a command to stop, and where they come from. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort, so that everything held is given back; the second ends the
 * process at once with the shell's code for that signal.
 */
export function listenForInterrupt(source: NodeJS.Process): Interrupt {
  const controller = new AbortController();
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
  const listeners = Object.entries(numbers).map(([name, number]) => {
    const listener = () => {
      if (controller.signal.aborted) source.exit(128 + number);
      controller.abort(
        new PareError(
          'cancelled',
          `cancelled by ${name}; nothing was tagged and all that was started is removed`,
        ),
      );
    };
    source.on(name, listener);
    return () => source.off(name, listener);
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const remove of listeners) remove();
    },
  };
}
