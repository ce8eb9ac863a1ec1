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
