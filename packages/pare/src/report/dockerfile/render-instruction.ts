import type { RunConfig } from '@pare/oci';
import { renderGoDuration } from './go-syntax.ts';
import type { Healthcheck, Instruction } from './instruction.ts';
import { comment, escapeWord, isOneLine, quoteList, quoteValue } from './quoting.ts';
import { renderRun } from './render-run.ts';

const ENV_NAME = /^[^\s="'\\$#[\]]+$/;
const PORT = /^\d{1,5}(-\d{1,5})?(\/[a-z]+)?$/i;
/** How much of a content hash is shown. */
const HASH_CHARACTERS = 12;

/**
 * The text of an instruction, or a comment where a Dockerfile cannot say it. `config` is the image's own: what it does not have
 * (a variable that was taken away) is a comment too, so that what is rendered never adds to it.
 */
export function renderInstruction(
  instruction: Instruction,
  config: RunConfig,
  shell: readonly string[],
): readonly string[] {
  switch (instruction.kind) {
    case 'run': {
      const line = renderRun(instruction.command, instruction.shell, shell);
      return instruction.buildArguments === ''
        ? [line]
        : [comment(`with ${instruction.buildArguments}`), line];
    }
    case 'copy':
      return [renderCopy(instruction.keyword, instruction.operands)];
    case 'argv':
      return [`${instruction.keyword} ${quoteList(instruction.argv)}`];
    case 'pairs':
      return instruction.pairs.map(([name, value]) => renderPair(instruction.keyword, name, value, config));
    case 'expose':
      return renderPorts(instruction.ports, config);
    case 'volume':
      return renderVolumes(instruction.paths, config);
    case 'healthcheck':
      return [
        config.Healthcheck === undefined
          ? comment('HEALTHCHECK (taken away later)')
          : renderHealthcheck(instruction.healthcheck),
      ];
    case 'word':
      return [renderWord(instruction.keyword, instruction.word)];
    case 'unknown':
      return [
        instruction.text === '' ? '# a step without a record of what it did' : comment(instruction.text),
      ];
  }
}

function renderCopy(keyword: string, operands: string): string {
  const text = operands.replace(
    /\b(file|dir|multi):([0-9a-f]{64})\b/g,
    (_, kind: string, hash: string) => `${kind}:${hash.slice(0, HASH_CHARACTERS)}`,
  );
  const words = text.split(/\s+/).filter((word) => !word.startsWith('--'));
  const isReadable = isOneLine(text) && words.length > 1 && !/^\[|^#|<<|\\|["']/.test(text);
  return isReadable ? `${keyword} ${escapeWord(text)}` : comment(`${keyword} ${text}`);
}

function renderPair(keyword: 'ENV' | 'LABEL', name: string, value: string, config: RunConfig): string {
  const text = `${name}=${value}`;
  const isThere = keyword === 'ENV' ? hasVariable(config, name) : Object.hasOwn(config.Labels ?? {}, name);
  if (!isThere) return comment(`${keyword} ${text} (taken away later)`);
  if (!ENV_NAME.test(name) || !isOneLine(text)) return comment(`${keyword} ${text}`);
  return `${keyword} ${name}=${quoteValue(value)}`;
}

function hasVariable(config: RunConfig, name: string): boolean {
  return (config.Env ?? []).some((pair) => pair.startsWith(`${name}=`));
}

function renderPorts(ports: readonly string[], config: RunConfig): readonly string[] {
  const exposed = new Set(Object.keys(config.ExposedPorts ?? {}));
  const isOne = (port: string) => exposed.has(port) || exposed.has(`${port}/tcp`);
  const isExposed = (port: string) => {
    // The config has each port of a range: both ends tell.
    const [, first, last, protocol = ''] = /^(\d+)-(\d+)(\/\w+)?$/.exec(port) ?? [];
    return first === undefined ? isOne(port) : isOne(`${first}${protocol}`) && isOne(`${last}${protocol}`);
  };
  const [good, bad] = partition(ports, (port) => PORT.test(port) && isExposed(port));
  return [
    ...(good.length > 0 ? [`EXPOSE ${good.join(' ')}`] : []),
    ...bad.map((port) => comment(`EXPOSE ${port}`)),
  ];
}

function renderVolumes(paths: readonly string[], config: RunConfig): readonly string[] {
  const [good, bad] = partition(
    paths,
    (path) => Object.hasOwn(config.Volumes ?? {}, path) && isOneLine(path) && !path.includes('$'),
  );
  return [
    ...(good.length > 0 ? [`VOLUME ${quoteList(good)}`] : []),
    ...bad.map((path) => comment(`VOLUME ${path}`)),
  ];
}

function partition(
  words: readonly string[],
  test: (word: string) => boolean,
): readonly [readonly string[], readonly string[]] {
  return [words.filter(test), words.filter((word) => !test(word))];
}

/** `HEALTHCHECK --interval=30s CMD curl …`; a comment for one that a Dockerfile cannot say. */
export function renderHealthcheck({
  Test = [],
  Interval,
  Timeout,
  StartPeriod,
  Retries,
}: Healthcheck): string {
  const options = [
    ...[
      ['interval', Interval] as const,
      ['timeout', Timeout] as const,
      ['start-period', StartPeriod] as const,
    ].flatMap(([name, value]) =>
      value === undefined || value <= 0 ? [] : [`--${name}=${renderGoDuration(value)}`],
    ),
    ...(Retries === undefined || Retries <= 0 ? [] : [`--retries=${Retries}`]),
  ];
  const [kind, ...command] = Test;
  const text = command[0] ?? '';
  if (kind === 'NONE') return 'HEALTHCHECK NONE';
  if (kind === 'CMD') return ['HEALTHCHECK', ...options, `CMD ${quoteList(command)}`].join(' ');
  if (kind === 'CMD-SHELL' && isOneLine(text) && /^[^\s[#]/.test(text) && !/\\$|<</.test(text)) {
    return ['HEALTHCHECK', ...options, 'CMD', text].join(' ');
  }
  return comment(`HEALTHCHECK ${JSON.stringify(Test)}`);
}

function renderWord(keyword: string, word: string): string {
  const isReadable = word !== '' && isOneLine(word) && !/\\$|<</.test(word) && !word.startsWith('#');
  if (!isReadable) return comment(`${keyword} ${word}`);
  switch (keyword) {
    case 'WORKDIR':
    case 'USER':
    case 'STOPSIGNAL':
      return /\s/.test(word) && keyword !== 'WORKDIR'
        ? comment(`${keyword} ${word}`)
        : `${keyword} ${escapeWord(word)}`;
    case 'ARG':
      return renderArgument(word);
    case 'ONBUILD':
      return /^(RUN|CMD|LABEL|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|STOPSIGNAL|HEALTHCHECK|SHELL)\s+\S/.test(
        word,
      )
        ? `ONBUILD ${word}`
        : comment(`ONBUILD ${word}`);
    default:
      return `${keyword} ${word}`;
  }
}

function renderArgument(word: string): string {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  if (!ENV_NAME.test(name)) return comment(`ARG ${word}`);
  return equals < 0 ? `ARG ${name}` : `ARG ${name}=${quoteValue(word.slice(equals + 1))}`;
}
