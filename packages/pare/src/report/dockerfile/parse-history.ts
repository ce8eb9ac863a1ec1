import type { HistoryEntry, RunConfig } from '@pare/oci';
import { parseStringList, parseWords } from './go-syntax.ts';
import type { Instruction } from './instruction.ts';
import { parseHealthcheck } from './parse-healthcheck.ts';

const NOP = /^(?:\S+ )?(?:\/\S*sh|cmd|powershell) (?:-c|\/S \/C|-Command) #\(nop\)\s*/;
const KEYWORD =
  /^(RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)(?:\s+(.*))?$/s;
const SHELL_COMMAND = /^(\/\S*sh(?: -\w+(?: pipefail)?)*? -\w*c) (.*)$/s;
/** Longer ones are not a person's work; what reads them here must not be slow on a hostile image. */
const LONGEST_BYTES = 1 << 16;

/**
 * Reads one history entry: of Docker's classic builder (`/bin/sh -c #(nop) CMD ["x"]`), BuildKit (`RUN … # buildkit`), buildah or
 * kaniko. `config` tells apart names and values where the history runs them together.
 */
export function parseHistoryEntry(entry: HistoryEntry, config: RunConfig): Instruction {
  const text = (entry.created_by ?? '').replace(/\s*# buildkit\s*$/, '').trim();
  if (text === '' || text.length > LONGEST_BYTES)
    return { kind: 'unknown', text: text || (entry.comment ?? '') };
  const isNop = NOP.test(text);
  const [, keyword, rest = ''] = KEYWORD.exec(text.replace(NOP, '')) ?? [];
  if (keyword !== undefined) {
    return parseInstruction(keyword, rest.trim(), config) ?? { kind: 'unknown', text };
  }
  return isNop ? { kind: 'unknown', text } : (parseRun(text, config) ?? { kind: 'unknown', text });
}

function parseInstruction(keyword: string, rest: string, config: RunConfig): Instruction | undefined {
  switch (keyword) {
    case 'RUN':
      return parseRun(rest, config) ?? { kind: 'run', shell: undefined, command: rest, buildArguments: '' };
    case 'ADD':
    case 'COPY':
      // The classic builder writes `file:HASH in /destination`.
      return { kind: 'copy', keyword, operands: rest.replace(/ in (\S+)$/, ' $1') };
    case 'CMD':
    case 'ENTRYPOINT':
    case 'SHELL':
      return parseArgv(keyword, rest);
    case 'ENV':
      return { kind: 'pairs', keyword, pairs: splitPairs(rest, envNames(config)) };
    case 'LABEL':
      return { kind: 'pairs', keyword, pairs: splitPairs(rest, Object.keys(config.Labels ?? {})) };
    case 'EXPOSE':
      return { kind: 'expose', ports: parseWords(rest) };
    case 'VOLUME':
      return { kind: 'volume', paths: parseStringList(rest)?.values ?? parseWords(rest) };
    case 'HEALTHCHECK': {
      const healthcheck = parseHealthcheck(rest);
      return healthcheck === undefined ? undefined : { kind: 'healthcheck', healthcheck };
    }
    case 'USER':
    case 'WORKDIR':
    case 'STOPSIGNAL':
    case 'MAINTAINER':
    case 'ARG':
    case 'ONBUILD':
      return { kind: 'word', keyword, word: rest };
    default:
      return undefined;
  }
}

function parseArgv(keyword: 'CMD' | 'ENTRYPOINT' | 'SHELL', rest: string): Instruction {
  const list = parseStringList(rest);
  if (list !== undefined && list.end === rest.length) return { kind: 'argv', keyword, argv: list.values };
  return { kind: 'argv', keyword, argv: keyword === 'SHELL' ? parseWords(rest) : ['/bin/sh', '-c', rest] };
}

/** `|2 A=1 B=2 /bin/sh -c command`, `/bin/sh -c command`, also with a shell of the image's own. */
function parseRun(text: string, config: RunConfig): Instruction | undefined {
  const prefix = /^\|\d+ /.exec(text)?.[0];
  const rest = prefix === undefined ? text : text.slice(prefix.length);
  const own = config.Shell?.join(' ');
  for (const marker of own === undefined ? ['/bin/sh -c'] : ['/bin/sh -c', own]) {
    const at = rest.startsWith(`${marker} `)
      ? 0
      : prefix === undefined
        ? -1
        : rest.indexOf(` ${marker} `) + 1;
    if (at < 0 || (at === 0 && !rest.startsWith(`${marker} `))) continue;
    const shell = marker === own ? (config.Shell ?? []) : marker.split(' ');
    return {
      kind: 'run',
      shell,
      command: rest.slice(at + marker.length).trim(),
      buildArguments: rest.slice(0, at).trim(),
    };
  }
  const [, shell, command] = SHELL_COMMAND.exec(rest) ?? [];
  if (shell === undefined || command === undefined) return undefined;
  return { kind: 'run', shell: shell.split(' '), command: command.trim(), buildArguments: '' };
}

function envNames(config: RunConfig): readonly string[] {
  return (config.Env ?? []).map((pair) => pair.slice(0, Math.max(0, pair.indexOf('='))));
}

/** `A=x y B=z`: a new pair begins where a name that the image has follows a space. */
function splitPairs(text: string, names: readonly string[]): readonly (readonly [string, string])[] {
  const known = new Set(names);
  const pairs: [string, string][] = [];
  let rest = text;
  while (rest !== '') {
    const equals = rest.indexOf('=');
    if (equals < 0) break;
    const end = nextPair(rest, equals + 1, known);
    pairs.push([rest.slice(0, equals), rest.slice(equals + 1, end).trimEnd()]);
    rest = rest.slice(end).trimStart();
  }
  return pairs;
}

function nextPair(text: string, start: number, known: ReadonlySet<string>): number {
  for (const match of text.slice(start).matchAll(/\s+([^\s=]+)=/g)) {
    if (known.has(match[1] ?? '')) return start + match.index;
  }
  return text.length;
}
