import type { LiveEvent } from '../model/live-event.ts';
import { printable } from './terminal-text.ts';

const accessWords: Readonly<Record<string, string>> = {
  execute: 'executes',
  load: 'loads',
  write: 'writes',
  create: 'creates',
  change: 'changes',
  remove: 'removes',
  list: 'lists',
  stat: 'looks at',
  readlink: 'reads link',
  enter: 'enters',
  connect: 'connects',
  bind: 'binds',
  read: 'reads',
};
const wordColumns = 11;

/** One line for what was just seen. */
export function renderLiveEvent(event: LiveEvent): string {
  switch (event.kind) {
    case 'process':
      return line('starts', event.argv.join(' '));
    case 'file':
      return line(event.existed ? (accessWords[event.access] ?? event.access) : 'misses', event.path);
    case 'system-call':
      return line('calls', event.name);
    case 'socket':
      return line(event.use.operation, event.use.address || event.use.family);
  }
}

function line(word: string, text: string): string {
  return `${word.padEnd(wordColumns)} ${printable(text)}`;
}
