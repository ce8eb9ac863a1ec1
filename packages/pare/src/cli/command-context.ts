import type { Command } from 'commander';
import type { ProgressView } from './progress.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly host?: string;
  readonly context?: string;
  readonly engine: 'auto' | 'docker' | 'podman' | 'embedded';
}

/** What a command is given beside its own options. */
export interface CommandContext {
  readonly global: GlobalOptions;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly process: NodeJS.Process;
}

/** Runs one command in its context; the result is the exit code. */
export type CommandRunner = (
  program: Command,
  run: (context: CommandContext) => Promise<number>,
) => Promise<void>;
