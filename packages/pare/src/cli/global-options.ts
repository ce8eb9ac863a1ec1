import type { EngineChoice } from '../pipeline/connect-engine.ts';
import type { TerminalOptions } from '../report/terminal.ts';
import type { CommandContext, GlobalOptions } from './command-context.ts';

/** The engine that the global options name. */
export function engineChoice({ engine, host, context }: GlobalOptions): EngineChoice {
  return { engine, ...(host === undefined ? {} : { host }), ...(context === undefined ? {} : { context }) };
}

/** Colour and width of what goes to stdout (https://no-color.org: any value but an empty one turns colour off). */
export function outputStyle({ global, process, stdout }: CommandContext): TerminalOptions {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const refused = !global.color || (NO_COLOR !== undefined && NO_COLOR !== '');
  const wanted = stdout.isTTY === true || (FORCE_COLOR !== undefined && FORCE_COLOR !== '0');
  return { color: wanted && !refused, width: stdout.columns || 100, unicode: true };
}
