import { InvalidArgumentError } from 'commander';
import { parseDurationMs, parseSizeBytes } from '../scenario/quantities.ts';

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Parses a size as docker does: a number with an optional unit `b`, `k`, `m` or `g` (powers of 1024). */
export function parseSize(value: string): number {
  const bytes = parseSizeBytes(value);
  if (bytes === undefined) throw new InvalidArgumentError('Give a size such as 64m or 1g.');
  return bytes;
}

/** Parses a number of seconds (`90`, `1.5`) or a duration (`500ms`, `90s`, `2m`) into milliseconds. */
export function parseDuration(value: string): number {
  const milliseconds = parseDurationMs(value);
  if (milliseconds === undefined)
    throw new InvalidArgumentError('Give seconds, or a duration such as 500ms, 90s or 2m.');
  return milliseconds;
}

/** Parses a whole number from 1. */
export function parseCount(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(value);
}

/** Parses a number of processors: above 0, with at most nine decimal places, as docker takes it. */
export function parseCpus(value: string): number {
  const cpus = Number(value);
  if (!/^\d{1,4}(\.\d{1,9})?$/.test(value) || cpus === 0)
    throw new InvalidArgumentError('Give a number of processors, such as 1.5.');
  return cpus;
}

/** Parses a TCP port. */
export function parsePort(value: string, before: readonly number[]): readonly number[] {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('Give a port from 1 to 65535.');
  return [...before, port];
}

/** Parses ports separated by commas. */
export function parsePorts(value: string, before: readonly number[]): readonly number[] {
  return value.split(',').reduce((ports, word) => parsePort(word.trim(), ports), before);
}

/** Parses an entrypoint or command: a JSON list, or words split at blanks. */
export function parseArgv(value: string): readonly string[] {
  const text = value.trim();
  if (!text.startsWith('[')) return text.split(/\s+/).filter((word) => word !== '');
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.every((word) => typeof word === 'string')) return parsed;
  } catch {
    // Falls through to the same message as a list of something else.
  }
  throw new InvalidArgumentError(
    'Give words, or a JSON list of strings such as ["nginx","-g","daemon off;"].',
  );
}

/** Parses `METHOD:PATH` or a bare path. */
export function parseHttpProbe(
  value: string,
  before: readonly HttpProbeOption[],
): readonly HttpProbeOption[] {
  const match = /^(?:([A-Za-z]+):)?(\/.*)$/.exec(value);
  if (match === null)
    throw new InvalidArgumentError('Give METHOD:PATH, such as POST:/login, or a path that begins with /.');
  return [...before, { method: (match[1] ?? 'GET').toUpperCase(), path: match[2] ?? '/' }];
}

/** A request that the user added. */
export interface HttpProbeOption {
  readonly method: string;
  readonly path: string;
}
