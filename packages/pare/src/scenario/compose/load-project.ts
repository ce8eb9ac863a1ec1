import { dirname, isAbsolute, join, relative } from 'node:path';
import type { PareError } from '../../model/pare-error.ts';
import { parseForm } from '../validate.ts';
import { type KeyPath, parseYamlSource, type YamlSource } from '../yaml-source.ts';
import { type ComposeForm, composeForm, type FileObjectForm, type ServiceForm } from './compose-form.ts';
import { InterpolationError, interpolate } from './interpolate.ts';
import { mergeService } from './merge-service.ts';
import type { ProjectFile } from './service-context.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What a project is read with. */
export interface ProjectReader {
  /** Variables that `${NAME}` stands for. */
  readonly variables: Variables;
  /** The text of a file of this machine. Throws PareError `usage`. */
  readonly readFile: (path: string) => Promise<string>;
  /** The variables of an environment file; of none where it is not there. */
  readonly readVariables: (path: string) => Promise<Variables>;
}

/** One service, with paths of this machine made absolute, and where it stands. */
export interface ProjectService {
  readonly form: ServiceForm;
  readonly fault: (path: KeyPath, problem: string, hint?: string) => PareError;
}

/** A compose file with all that it includes and extends. */
export interface ComposeProject {
  readonly services: ReadonlyMap<string, ProjectService>;
  readonly volumes: NonNullable<ComposeForm['volumes']>;
  readonly secrets: Readonly<Record<string, ProjectFile>>;
  readonly configs: Readonly<Record<string, ProjectFile>>;
  readonly fault: YamlSource['fault'];
}

/** A file that is being read, and those that led to it. */
interface Place {
  readonly path: string;
  /** What errors call it. */
  readonly name: string;
  /** Its relative paths are relative to this. */
  readonly directory: string;
  readonly from: readonly string[];
}

/** Reads a project. Throws PareError `usage` that names file, line and key. */
export function loadProject(path: string, name: string, reader: ProjectReader): Promise<ComposeProject> {
  return loadFile({ path, name, directory: dirname(path), from: [] }, reader);
}

async function loadFile(place: Place, reader: ProjectReader): Promise<ComposeProject> {
  const { form, source } = await parseFile(place, reader);
  const services = new Map<string, ProjectService>();
  const parts = { volumes: form.volumes ?? {}, ...filesOf(form, place, reader) };
  for (const [index, include] of (form.include ?? []).entries()) {
    for (const file of include.path) {
      const fault = (problem: string) => source.fault(['include', index], problem);
      const next = placeOf(file, place, fault, include.project_directory);
      const included = await loadFile(next, await readerOf(include.env_file, next, place, reader)).catch(
        sayWhere(next, fault),
      );
      for (const [name, service] of included.services) {
        if (name in form.services || services.has(name)) throw fault(`${file} has a service ${name} too`);
        services.set(name, service);
      }
      Object.assign(parts.volumes, included.volumes);
      Object.assign(parts.secrets, included.secrets);
      Object.assign(parts.configs, included.configs);
    }
  }
  for (const name of Object.keys(form.services)) {
    const merged = await withBase(name, { form, source, place }, reader, []);
    services.set(name, { form: merged, fault: source.fault });
  }
  return { services, ...parts, fault: source.fault };
}

/** A file that cannot be read is told of where it was named. */
function sayWhere({ path }: Place, fault: (problem: string) => PareError) {
  return (error: unknown): never => {
    const unread = error instanceof Error && error.message.startsWith(`${path}: `) && 'cause' in error;
    throw unread ? fault(error.message) : error;
  };
}

/** The environment of an included file: its own `.env`, or the files that are named; what is set already wins. */
async function readerOf(
  envFiles: readonly string[] | undefined,
  next: Place,
  place: Place,
  reader: ProjectReader,
): Promise<ProjectReader> {
  const own: Record<string, string | undefined> = {};
  const paths = envFiles?.map((file) => below(place.directory, file)) ?? [join(next.directory, '.env')];
  for (const path of paths) Object.assign(own, await reader.readVariables(path));
  return { ...reader, variables: { ...own, ...reader.variables } };
}

/** Throws what `fault` makes for what is no file of this machine, and for a file that leads to itself. */
function placeOf(
  file: string,
  { directory, from, name, path: current }: Place,
  fault: (problem: string) => PareError,
  project?: string,
): Place {
  if (/^[a-z0-9+.-]+:/i.test(file) || file.startsWith('git@'))
    throw fault(`${file} is no file of this machine: Pare fetches none`);
  const path = below(directory, file);
  if (path === current || from.includes(path)) throw fault(`${file} leads to itself`);
  const shown = relative(dirname(from[0] ?? current), path);
  return {
    path,
    name: from.length === 0 && name.includes('/') ? join(dirname(name), shown) : shown,
    directory: project === undefined ? dirname(path) : below(directory, project),
    from: [...from, current],
  };
}

function below(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

interface ParsedFile {
  readonly form: ComposeForm;
  readonly source: YamlSource;
  readonly place: Place;
}

async function parseFile(place: Place, reader: ProjectReader): Promise<ParsedFile> {
  const raw = parseYamlSource(await reader.readFile(place.path), place.name);
  const value = withVariables(withoutExtensions(raw.value), [], raw, reader.variables);
  const source: YamlSource = { ...raw, value };
  const form = parseForm(source, composeForm);
  const services = Object.entries(form.services).map(([name, service]) => [
    name,
    absolute(service, place.directory),
  ]);
  return { form: { ...form, services: Object.fromEntries(services) }, source, place };
}

/** A service over what it extends, which may be in another file and extend another. */
async function withBase(
  name: string,
  { form, place, source }: ParsedFile,
  reader: ProjectReader,
  seen: readonly string[],
): Promise<ServiceForm> {
  const service = form.services[name];
  if (service?.extends === undefined) return service ?? {};
  const { file, service: base } = service.extends;
  const fault = (problem: string) => source.fault(['services', name, 'extends'], problem);
  const key = `${place.path} ${name}`;
  if (seen.includes(key)) throw fault(`${base} leads to ${name} again`);
  // A service may extend one of its own file by naming that.
  const other = file === undefined || below(place.directory, file) === place.path ? undefined : file;
  const next = other === undefined ? place : placeOf(other, { ...place, from: [] }, fault);
  const parsed =
    other === undefined
      ? { form, source, place }
      : await parseFile(next, reader).catch(sayWhere(next, fault));
  if (!Object.hasOwn(parsed.form.services, base)) throw fault(`${file ?? place.name} has no service ${base}`);
  return mergeService(await withBase(base, parsed, reader, [...seen, key]), service);
}

/** Makes relative paths of this machine absolute: what a service is merged into may be in another directory. */
function absolute(service: ServiceForm, directory: string): ServiceForm {
  const path = (source: string) => (/^\.{1,2}(\/|$)/.test(source) ? join(directory, source) : source);
  const volumes = service.volumes?.map((one) => {
    if (typeof one !== 'string') return one.source === undefined ? one : { ...one, source: path(one.source) };
    const [source = '', ...rest] = one.split(':');
    return rest.length === 0 ? one : [path(source), ...rest].join(':');
  });
  const envFiles = service.env_file?.map((one) => ({ ...one, path: below(directory, one.path) }));
  return {
    ...service,
    ...(volumes === undefined ? {} : { volumes }),
    ...(envFiles === undefined ? {} : { env_file: envFiles }),
  };
}

function filesOf(form: ComposeForm, { directory }: Place, { variables }: ProjectReader) {
  const all = (forms: Readonly<Record<string, FileObjectForm>> | null | undefined) =>
    Object.fromEntries(
      Object.entries(forms ?? {}).map(([name, one]) => [name, projectFile(one, directory, variables)]),
    );
  return { secrets: all(form.secrets), configs: all(form.configs) };
}

function projectFile(form: FileObjectForm, directory: string, variables: Variables): ProjectFile {
  if (form.file !== undefined) return { kind: 'file', path: below(directory, form.file) };
  if (form.content !== undefined) return { kind: 'content', content: form.content };
  if (form.environment !== undefined) {
    const content = variables[form.environment];
    return content === undefined
      ? { kind: 'not-here', why: `is the variable ${form.environment}, which is not set` }
      : { kind: 'content', content };
  }
  return {
    kind: 'not-here',
    why:
      form.external === undefined
        ? 'has neither file, content nor environment'
        : 'is external: only a swarm knows what is in it',
  };
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that begin with `x-` are the user's own, at the top and in services. */
function withoutExtensions(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const top = dropExtensions(value);
  if (!isMapping(top.services)) return top;
  const services = Object.entries(top.services).map(([name, service]) => [
    name,
    isMapping(service) ? dropExtensions(service) : service,
  ]);
  return { ...top, services: Object.fromEntries(services) };
}

function dropExtensions(value: Mapping): Mapping {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
}

function withVariables(value: unknown, path: KeyPath, source: YamlSource, variables: Variables): unknown {
  if (typeof value === 'string') {
    try {
      return interpolate(value, variables);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      throw source.fault(path, error.message);
    }
  }
  if (Array.isArray(value))
    return value.map((one, index) => withVariables(one, [...path, index], source, variables));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      withVariables(inner, [...path, key], source, variables),
    ]),
  );
}
