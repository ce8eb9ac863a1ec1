import { isAbsolute, resolve } from 'node:path';
import { PareError } from '../../model/pare-error.ts';
import { parseCsvFields } from './csv-fields.ts';

/** One mount as the Engine API has it (`HostConfig.Mounts`). */
export interface ApiMount {
  readonly Type: 'bind' | 'volume' | 'tmpfs';
  readonly Target: string;
  readonly Source?: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: { Propagation?: string; NonRecursive?: boolean };
  readonly VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
    Subpath?: string;
  };
  readonly TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

/** A `-v` option: what it puts into the container, and whether that is a volume by name. */
export type VolumeSpec =
  | { readonly kind: 'anonymous'; readonly target: string }
  | { readonly kind: 'named'; readonly volume: string; readonly bind: string }
  | { readonly kind: 'bind'; readonly bind: string };

/** Names of volumes, of at least two characters (moby `volume/names`). */
const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/**
 * Parses `docker run -v`: `[source:]target[:options]`; a source that begins with `.` is below `directory`. The engine
 * itself checks the options. Throws PareError `usage`.
 */
export function parseVolume(spec: string, directory: string): VolumeSpec {
  const [first = '', second, ...options] = spec.split(':');
  if (second === undefined) {
    if (!isAbsolute(first)) throw badVolume(spec, 'the path in the container must be absolute');
    return { kind: 'anonymous', target: first };
  }
  if (options.length > 1) throw badVolume(spec, 'too many colons');
  if (!isAbsolute(second)) throw badVolume(spec, 'the path in the container must be absolute');
  const rest = [second, ...options].join(':');
  if (isAbsolute(first)) return { kind: 'bind', bind: spec };
  if (first.startsWith('.')) return { kind: 'bind', bind: `${resolve(directory, first)}:${rest}` };
  if (!volumeName.test(first))
    throw badVolume(spec, `${JSON.stringify(first)} is neither a path nor a volume's name`);
  return { kind: 'named', volume: first, bind: spec };
}

/**
 * Parses `docker run --mount`: comma-separated `key=value` (CSV, so a field may be quoted). Types `volume` (default),
 * `bind` and `tmpfs`. Throws PareError `usage`.
 */
export function parseMount(spec: string, directory: string): ApiMount {
  const draft: Draft = { Type: 'volume', Target: '' };
  for (const field of parseCsvFields(spec)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    const setter = setters[key];
    if (setter === undefined) throw badMount(spec, `there is no option ${JSON.stringify(key)}`);
    setter(draft, value, (why) => badMount(spec, `${key}: ${why}`));
  }
  checkMount(draft, spec);
  if (draft.Type === 'bind' && draft.Source?.startsWith('.')) draft.Source = resolve(directory, draft.Source);
  return draft;
}

type Draft = { -readonly [K in keyof ApiMount]: ApiMount[K] };
type Refuse = (why: string) => PareError;
type Setter = (draft: Draft, value: string | undefined, refuse: Refuse) => void;

const setters: Readonly<Record<string, Setter>> = {
  type: (draft, value, refuse) => {
    if (value !== 'bind' && value !== 'volume' && value !== 'tmpfs') throw refuse('bind, volume or tmpfs');
    draft.Type = value;
  },
  ...alias(['source', 'src'], (draft, value, refuse) => {
    draft.Source = needed(value, refuse);
  }),
  ...alias(['target', 'dst', 'destination'], (draft, value, refuse) => {
    draft.Target = needed(value, refuse);
  }),
  ...alias(['readonly', 'ro'], (draft, value, refuse) => {
    draft.ReadOnly = parseFlag(value, refuse);
  }),
  consistency: (draft, value, refuse) => {
    draft.Consistency = needed(value, refuse);
  },
  'bind-propagation': (draft, value, refuse) => {
    draft.BindOptions = { ...draft.BindOptions, Propagation: needed(value, refuse) };
  },
  'bind-nonrecursive': (draft, value, refuse) => {
    draft.BindOptions = { ...draft.BindOptions, NonRecursive: parseFlag(value, refuse) };
  },
  'volume-nocopy': (draft, value, refuse) => {
    draft.VolumeOptions = { ...draft.VolumeOptions, NoCopy: parseFlag(value, refuse) };
  },
  'volume-label': (draft, value, refuse) => {
    const [key, text] = keyAndValue(needed(value, refuse));
    draft.VolumeOptions = { ...draft.VolumeOptions, Labels: { ...draft.VolumeOptions?.Labels, [key]: text } };
  },
  'volume-driver': (draft, value, refuse) => {
    const driver = { ...draft.VolumeOptions?.DriverConfig, Name: needed(value, refuse) };
    draft.VolumeOptions = { ...draft.VolumeOptions, DriverConfig: driver };
  },
  'volume-opt': (draft, value, refuse) => {
    const [key, text] = keyAndValue(needed(value, refuse));
    const before = draft.VolumeOptions?.DriverConfig;
    const driver = { ...before, Options: { ...before?.Options, [key]: text } };
    draft.VolumeOptions = { ...draft.VolumeOptions, DriverConfig: driver };
  },
  'volume-subpath': (draft, value, refuse) => {
    draft.VolumeOptions = { ...draft.VolumeOptions, Subpath: needed(value, refuse) };
  },
  'tmpfs-size': (draft, value, refuse) => {
    draft.TmpfsOptions = { ...draft.TmpfsOptions, SizeBytes: parseSizeBytes(needed(value, refuse), refuse) };
  },
  'tmpfs-mode': (draft, value, refuse) => {
    const octal = needed(value, refuse);
    if (!/^[0-7]{1,5}$/.test(octal)) throw refuse('an octal number');
    draft.TmpfsOptions = { ...draft.TmpfsOptions, Mode: Number.parseInt(octal, 8) };
  },
};

function alias(names: readonly string[], setter: Setter): Record<string, Setter> {
  return Object.fromEntries(names.map((name) => [name, setter]));
}

function checkMount(draft: Draft, spec: string): void {
  if (!isAbsolute(draft.Target)) throw badMount(spec, 'target must be an absolute path');
  const strange = [
    draft.VolumeOptions !== undefined && draft.Type !== 'volume' ? 'volume-' : '',
    draft.BindOptions !== undefined && draft.Type !== 'bind' ? 'bind-' : '',
    draft.TmpfsOptions !== undefined && draft.Type !== 'tmpfs' ? 'tmpfs-' : '',
  ].find((prefix) => prefix !== '');
  if (strange !== undefined) throw badMount(spec, `${strange}… options are not for type ${draft.Type}`);
  if (draft.Type === 'tmpfs' && draft.Source !== undefined) throw badMount(spec, 'a tmpfs has no source');
  if (draft.Type === 'bind' && !/^[/.]/.test(draft.Source ?? ''))
    throw badMount(spec, 'source must be a path');
}

function needed(value: string | undefined, refuse: Refuse): string {
  if (value === undefined || value === '') throw refuse('a value is missing');
  return value;
}

/** As Go's strconv.ParseBool; the key alone stands for true. */
function parseFlag(value: string | undefined, refuse: Refuse): boolean {
  if (value === undefined || /^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw refuse('true or false');
}

/** As docker's units.RAMInBytes: powers of 1024. */
function parseSizeBytes(value: string, refuse: Refuse): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i.exec(value);
  if (match === null) throw refuse('a size such as 64m');
  const power = match[2] === undefined ? 0 : 'kmgtp'.indexOf(match[2].toLowerCase()) + 1;
  return Math.floor(Number(match[1]) * 1024 ** power);
}

function keyAndValue(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

function badVolume(spec: string, why: string): PareError {
  return new PareError('usage', `cannot mount ${JSON.stringify(spec)}: ${why}`, {
    hint: 'write [source:]target[:options], as for `docker run -v`',
  });
}

function badMount(spec: string, why: string): PareError {
  return new PareError('usage', `cannot mount ${JSON.stringify(spec)}: ${why}`, {
    hint: 'write type=bind,source=/path,target=/path[,readonly], as for `docker run --mount`',
  });
}
