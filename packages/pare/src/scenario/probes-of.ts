import { isAbsolute, join } from 'node:path';
import { hostPath } from '@pare/oci';
import type { Probe, ReadinessCheck } from '../model/scenario.ts';
import type { ProbeForm, ReadinessForm } from './probe-forms.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** A user's own tests may take long. */
const hostTimeoutMs = 600_000;
const crawlDefaults = { maxPages: 100, maxDepth: 3 } as const;
const grpcMessages = 10;

/** Where in which file forms are, and what relative paths of this machine are relative to. */
export interface FormPlace {
  readonly source: YamlSource;
  readonly path: KeyPath;
  readonly directory: string;
}

/** What is tried when nobody says how the application is exercised. */
export const usualProbes: readonly Probe[] = [
  { kind: 'http', method: 'GET', path: '/', headers: {} },
  { kind: 'crawl', path: '/', ...crawlDefaults },
];

/** The probes of a list of forms. Throws PareError `usage` for one without exactly one kind. */
export function probesOf(forms: readonly ProbeForm[], place: FormPlace): readonly Probe[] {
  return forms.map((form, index) => probeOf(form, { ...place, path: [...place.path, index] }));
}

function probeOf(form: ProbeForm, place: FormPlace): Probe {
  const kinds = Object.keys(form) as (keyof ProbeForm)[];
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const problem = kinds.length === 0 ? 'is empty' : `has ${kinds.join(' and ')}: a probe has one of them`;
    throw place.source.fault(place.path, problem, 'begin each probe with a dash of its own');
  }
  return present(probeBuilders[kind](form, place));
}

/** Takes away keys without a value, which the model does not know. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}

type Loose = { readonly kind: Probe['kind'] } & Readonly<Record<string, unknown>>;
type Builder = (form: ProbeForm, place: FormPlace) => Probe;
/** Each builder gives all that its kind needs; `present` takes the undefined ones away. */
const built = (probe: Loose): Probe => probe as unknown as Probe;

const probeBuilders: Readonly<Record<keyof ProbeForm, Builder>> = {
  http({ http = '/' }) {
    const form = typeof http === 'string' ? { path: http } : http;
    return built({ kind: 'http', method: 'GET', headers: {}, ...form });
  },
  crawl({ crawl = '/' }) {
    const form = typeof crawl === 'string' ? { path: crawl } : crawl;
    return built({ kind: 'crawl', path: '/', ...crawlDefaults, ...form });
  },
  exec({ exec = '' }) {
    if (typeof exec === 'string' || Array.isArray(exec)) return built({ kind: 'exec', command: exec });
    return built({ kind: 'exec', ...exec });
  },
  tcp({ tcp = 0 }) {
    const form = typeof tcp === 'number' ? { port: tcp } : tcp;
    return built({ kind: 'tcp', tls: false, send: '', ...form });
  },
  websocket({ websocket = '/' }) {
    const form = typeof websocket === 'string' ? { path: websocket } : websocket;
    const usual = { path: '/', tls: false, headers: {}, protocols: [], send: [], expect: [] };
    return built({ kind: 'websocket', ...usual, ...form });
  },
  grpc({ grpc = 0 }) {
    const form = typeof grpc === 'number' ? { port: grpc } : grpc;
    const calls = 'calls' in form ? (form.calls ?? []) : [];
    return built({
      kind: 'grpc',
      tls: false,
      ...form,
      calls: calls.map(({ maxMessages, method, request = {} }) => ({
        method: method.replace(/^\//, ''),
        requests: [request].flat(),
        maxMessages: maxMessages ?? grpcMessages,
      })),
    });
  },
  fastcgi({ fastcgi }) {
    return built({ kind: 'fastcgi', method: 'GET', query: '', params: {}, ...fastcgi });
  },
  openapi({ openapi = '/openapi.json' }, place) {
    const { path, file, port } = typeof openapi === 'string' ? { path: openapi } : fileOf(openapi);
    if ((path === undefined) === (file === undefined)) {
      throw place.source.fault([...place.path, 'openapi'], 'needs either path or file');
    }
    const source =
      file === undefined
        ? { kind: 'path' as const, path }
        : { kind: 'file' as const, file: hostPath(below(place.directory, file)) };
    return built({ kind: 'openapi', source, port });
  },
  host({ host = '' }, place) {
    const form = typeof host === 'string' ? { command: host } : host;
    const { command, env, expect, timeout, workdir } = { ...noHostOptions, ...form };
    return built({
      kind: 'host',
      command,
      env: env ?? {},
      workdir: hostPath(below(place.directory, workdir ?? '.')),
      timeoutMs: timeout ?? hostTimeoutMs,
      expect: expect ?? { exitCode: 0 },
    });
  },
};

const noHostOptions = { env: undefined, expect: undefined, timeout: undefined, workdir: undefined };

function fileOf(form: Exclude<ProbeForm['openapi'], string | undefined>) {
  return { path: form.path, file: form.file, port: form.port };
}

/** A path of this machine, relative to the file that names it. */
export function below(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

/** The check of a form; undefined when it has none. Throws PareError `usage` when it has more than one. */
export function readinessOf(form: ReadinessForm | undefined, place: FormPlace): ReadinessCheck | undefined {
  if (form === undefined) return undefined;
  const kinds = (['http', 'tcp', 'exec', 'log'] as const).filter((key) => form[key] !== undefined);
  if (kinds.length > 1) {
    throw place.source.fault(place.path, `has ${kinds.join(' and ')}: give one of them`);
  }
  if (form.port !== undefined && form.http === undefined) {
    throw place.source.fault(
      [...place.path, 'port'],
      'goes with http alone',
      'for a port by itself write tcp',
    );
  }
  if (form.http !== undefined) {
    return { kind: 'http', path: form.http, ...(form.port === undefined ? {} : { port: form.port }) };
  }
  if (form.tcp !== undefined) return { kind: 'tcp', port: form.tcp };
  if (form.exec !== undefined) return { kind: 'exec', command: form.exec };
  if (form.log !== undefined) return { kind: 'log', pattern: form.log };
  return undefined;
}
