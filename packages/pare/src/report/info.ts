import type { RunConfig } from '@pare/oci';
import type { ImageInfo, LayerInfo } from '../model/image-info.ts';
import { renderHealthcheck } from './dockerfile/render-instruction.ts';
import { formatBytes, formatCount, formatItems } from './format.ts';
import { maskSecret } from './secrets.ts';
import {
  labelledRow,
  printable,
  rowColumns,
  type TerminalOptions,
  type TerminalStyle,
  terminalStyle,
  truncate,
  wrapWords,
} from './terminal-text.ts';

const MOST_WASTED = 10;
const ID_CHARACTERS = 'sha256:'.length + 12;

/** `pare info` as a person reads it: facts, layers, wasted space and the Dockerfile. */
export function renderInfo(info: ImageInfo, options: TerminalOptions): string {
  const style = terminalStyle(options);
  const { colors } = style;
  const lines = [
    '',
    colors.bold(printable(info.reference)),
    '',
    ...factRows(info, style),
    '',
    ...layerTable(info, style),
    '',
    ...wasteTable(info, style),
    colors.bold('Dockerfile'),
    '',
    ...info.dockerfile
      .trimEnd()
      .split('\n')
      .map((line) => `  ${dockerfileLine(line, style)}`),
    '',
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Secrets are masked here as they are among the facts; the text of the Dockerfile itself has them. */
function dockerfileLine(line: string, { colors, signs }: TerminalStyle): string {
  const text = printable(
    line.replace(
      /^(# )?((?:ENV|ARG|LABEL) )(\S.*)$/,
      (_, comment = '', keyword, pair) => comment + keyword + maskSecret(pair, signs.hidden),
    ),
  );
  return line.startsWith('#') ? colors.dim(text) : text;
}

function factRows(info: ImageInfo, style: TerminalStyle): readonly string[] {
  const { config } = info.config;
  const row = (label: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : labelledRow(label, lines, style);
  const columns = rowColumns(style);
  const platform = [info.config.os, info.config.architecture, info.config.variant].filter(
    (part) => part !== undefined && part !== '',
  );
  const day = /^\d{4}-\d{2}-\d{2}/.exec(info.config.created ?? '')?.[0];
  return [
    ...row('id', [printable(info.id).slice(0, ID_CHARACTERS)]),
    ...row('tags', wrapWords(info.tags.map(printable), columns)),
    ...row('size', [
      `${formatBytes(info.sizeBytes)} in ${formatItems(info.layers.length, 'layer')}, ${formatItems(info.files, 'path')}`,
    ]),
    ...row('platform', [`${printable(platform.join('/'))}${day === undefined ? '' : `, made ${day}`}`]),
    ...row('entrypoint', argvLines(config.Entrypoint, style)),
    ...row('command', argvLines(config.Cmd, style)),
    ...row('user', [printable(config.User || 'root')]),
    ...row('directory', [printable(config.WorkingDir || '/')]),
    ...row('ports', wrapWords(Object.keys(config.ExposedPorts ?? {}).map(printable), columns)),
    ...row('volumes', Object.keys(config.Volumes ?? {}).map(printable)),
    ...row('health', healthLines(config, style)),
    ...row(
      'stop signal',
      config.StopSignal === undefined || config.StopSignal === '' ? [] : [printable(config.StopSignal)],
    ),
    ...row(
      'environment',
      (config.Env ?? []).map((pair) =>
        truncate(printable(maskSecret(pair, style.signs.hidden)), columns, style),
      ),
    ),
    ...row(
      'labels',
      Object.entries(config.Labels ?? {}).map(([name, value]) =>
        truncate(printable(maskSecret(`${name}=${value}`, style.signs.hidden)), columns, style),
      ),
    ),
    ...row('packages', [packagesLine(info)]),
  ];
}

function argvLines(argv: readonly string[] | undefined, style: TerminalStyle): readonly string[] {
  if (argv === undefined || argv === null || argv.length === 0) return [];
  const words = argv.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)));
  return wrapWords(words.map(printable), rowColumns(style));
}

function healthLines({ Healthcheck }: RunConfig, style: TerminalStyle): readonly string[] {
  if (Healthcheck === undefined || Healthcheck === null) return [];
  const text = renderHealthcheck(Healthcheck).replace(/^(# )?HEALTHCHECK /, '');
  return wrapWords(printable(text).split(' '), rowColumns(style));
}

function packagesLine({ packages }: ImageInfo): string {
  const counts = Object.entries(packages).filter(([, count]) => count > 0);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return 'none found';
  return `${formatCount(total)} (${counts.map(([ecosystem, count]) => `${ecosystem} ${formatCount(count)}`).join(', ')})`;
}

function layerTable({ layers }: ImageInfo, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const columns = style.width - 40;
  const row = ({ sizeBytes, files, wastedBytes, createdBy }: LayerInfo, index: number) => {
    const wasted = wastedBytes === 0 ? ''.padStart(9) : colors.yellow(formatBytes(wastedBytes).padStart(9));
    const maker = truncate(printable(instructionOf(createdBy)), columns, style);
    return `  ${String(index + 1).padStart(3)}  ${formatBytes(sizeBytes).padStart(9)}  ${formatCount(files).padStart(8)}  ${wasted}  ${colors.dim(maker)}`;
  };
  const head = `  ${'#'.padStart(3)}  ${'size'.padStart(9)}  ${'files'.padStart(8)}  ${'wasted'.padStart(9)}  made by`;
  return [
    `${colors.bold('Layers')} ${colors.dim('(lowest first)')}`,
    '',
    colors.dim(head),
    ...layers.map(row),
  ];
}

/** The history's text without what each builder adds to it. */
function instructionOf(createdBy: string | undefined): string {
  const text = (createdBy ?? '')
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/\s*# buildkit$/, '')
    .replace(/^(RUN )?(\|\d+ .*?)?\/bin\/sh -c /, 'RUN ')
    .replace(/\b(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1:$2')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? 'not recorded' : text;
}

function wasteTable({ wasted, wastedBytes, sizeBytes }: ImageInfo, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const worth = wasted.filter((file) => file.sizeBytes > 0);
  if (worth.length === 0) return [];
  const share = sizeBytes > 0 ? `, ${((100 * wastedBytes) / sizeBytes).toFixed(1)} % of the image` : '';
  const top = worth.slice(0, MOST_WASTED);
  const columns = Math.min(style.width - 48, Math.max(...top.map(({ path }) => printable(path).length)));
  const shown = top.map(({ path, sizeBytes: size, layer, hiddenBy, how }) => {
    const where = `layer ${layer + 1}, ${how} by ${hiddenBy + 1}`;
    return `  ${formatBytes(size).padStart(9)}  ${truncate(printable(path), columns, style).padEnd(columns)}  ${colors.dim(where)}`;
  });
  const more = worth.length - shown.length;
  return [
    `${colors.bold('Wasted space')} ${colors.dim(`(${formatBytes(wastedBytes)} in files that a layer above hides${share})`)}`,
    '',
    ...shown,
    ...(more > 0 ? [colors.dim(`  and ${formatItems(more, 'more file', 'more files')}`)] : []),
    '',
  ];
}
