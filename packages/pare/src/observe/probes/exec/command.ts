import type { RunConfig } from '@pare/oci';
import type { ProbeOf } from '../probe.ts';

type Command = ProbeOf<'exec'>['command'];

/** argv of a probe's command: one string is a command line for the shell. */
export function commandArgv(command: Command): readonly string[] {
  return typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
}

/** The command as a person would type it. */
export function commandTitle(command: Command): string {
  return typeof command === 'string' ? command : command.map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The image's health check as a probe: the engine would run it beside the application, so the slim image needs what
 * it needs. Undefined when it has none.
 */
export function healthcheckCommand(config: RunConfig): Command | undefined {
  const [form, ...words] = config.Healthcheck?.Test ?? [];
  if (form === 'CMD' && words.length > 0) return words;
  if (form === 'CMD-SHELL' && words[0] !== undefined) {
    // Docker runs it by the image's own shell (Dockerfile reference, SHELL).
    return config.Shell !== undefined && config.Shell.length > 0 ? [...config.Shell, words[0]] : words[0];
  }
  return undefined;
}
