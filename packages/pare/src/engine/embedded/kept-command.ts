import { PareError } from '../../model/pare-error.ts';
import { createGate, type Gate } from '../docker/gate.ts';

/** A command that a keeper runs in its container. */
export interface KeptCommand {
  /** Open once the pipes of its output can be opened; closed when there will be none. */
  readonly piped: Gate;
  /** Resolves with the exit code of its runtime; 137, as of a killed one, when the keeper ended meanwhile. */
  readonly exited: Promise<number>;
  /** Ends its runtime; the command itself stays the container's, as with docker. */
  kill(): void;
}

/** The commands of one keeper. */
export interface KeptCommands {
  start(name: string): KeptCommand;
  /** Takes what the keeper said of one. */
  take(word: string, rest: readonly string[]): void;
  /** The keeper is gone. */
  end(): void;
}

interface Running {
  readonly piped: Gate;
  exit(code: number): void;
}

/** Keeps count of commands; `write` gives the keeper an order. */
export function openKeptCommands(write: (order: string) => void): KeptCommands {
  const running = new Map<string, Running>();
  let over = false;
  const end = (name: string, code: number) => {
    const command = running.get(name);
    running.delete(name);
    command?.piped.close(new PareError('engine-failed', 'a command could not be run: its container ended'));
    command?.exit(code);
  };
  return {
    start(name) {
      const piped = createGate();
      const exited = new Promise<number>((exit) => running.set(name, { piped, exit }));
      if (over) end(name, 137);
      else write(`exec ${name}\n`);
      return {
        piped,
        exited,
        kill() {
          if (running.has(name)) write(`kill ${name}\n`);
        },
      };
    },
    take(word, [name = '', code]) {
      if (word === 'pipes') running.get(name)?.piped.open();
      if (word === 'exit') end(name, Number(code));
    },
    end() {
      over = true;
      for (const name of [...running.keys()]) end(name, 137);
    },
  };
}
