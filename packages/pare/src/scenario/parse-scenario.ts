import type {
  Dependency,
  FurtherRun,
  Probe,
  ReadinessCheck,
  RunOptions,
  UserRules,
} from '../model/scenario.ts';
import { orderDependencies } from './order-dependencies.ts';
import { below, probesOf, readinessOf } from './probes-of.ts';
import type { RunForm } from './run-form.ts';
import { listOf, plainRun, runOptionsOf } from './run-options.ts';
import {
  type ComposeDependencyForm,
  type ContainerDependencyForm,
  type ScenarioForm,
  scenarioForm,
} from './scenario-form.ts';
import { parseForm } from './validate.ts';
import { type KeyPath, parseYamlSource, type YamlSource } from './yaml-source.ts';

/** What a scenario's file names and does not hold: read by the caller, relative to the file's directory. */
export interface Outside {
  /** Directory of the file, absolute. */
  readonly directory: string;
  /** The `NAME=value` lines of an env file. */
  readEnvironment(path: string): Promise<readonly string[]>;
  /** The services of a compose file, and those that they depend on. */
  readCompose(form: ComposeDependencyForm): Promise<readonly Dependency[]>;
  /** `NAME` alone takes this machine's value. */
  expand(variable: string): readonly string[];
}

/** What a `pare.yaml` says, before flags and defaults. */
export interface ScenarioFile {
  readonly run: RunOptions;
  /** Undefined: the file says nothing of probes. */
  readonly probes: readonly Probe[] | undefined;
  readonly readiness: ReadinessCheck | undefined;
  readonly readinessTimeoutMs: number | undefined;
  readonly dependencies: readonly Dependency[];
  readonly runs: readonly RunOfFile[];
  readonly rules: UserRules;
}

/** A further run as the file has it: its options come over those of the first. */
export interface RunOfFile extends Pick<FurtherRun, 'name'> {
  readonly run: RunOptions;
  readonly probes: readonly Probe[];
  readonly readiness: ReadinessCheck | undefined;
  readonly readinessTimeoutMs: number | undefined;
}

const dependencyTimeoutMs = 60_000;

/**
 * Parses a `pare.yaml`. `file` is what errors call it. Throws PareError `usage` with the file, the line, the column and the
 * key of the first fault, and what reading `outside` throws.
 */
export async function parseScenarioFile(text: string, file: string, outside: Outside): Promise<ScenarioFile> {
  const source = parseYamlSource(text, file);
  const form = parseForm(source, scenarioForm);
  const reader = formReader(source, outside);
  const probes = form.probes;
  return {
    run: await reader.run(form.run),
    probes: probes === undefined ? undefined : probesOf(probes, reader.place(['probes'])),
    readiness: readinessOf(form.readiness, reader.place(['readiness'])),
    readinessTimeoutMs: form.readiness?.timeout,
    dependencies: await dependenciesOf(form.dependencies, source, reader, outside),
    runs: await runsOf(form.runs ?? [], source, reader),
    rules: {
      include: form.keep?.include ?? [],
      includePackages: form.keep?.packages ?? [],
      includeEcosystems: form.keep?.ecosystems ?? [],
      exclude: form.drop?.exclude ?? [],
      excludePackages: form.drop?.packages ?? [],
    },
  };
}

interface FormReader {
  run(form: RunForm | undefined): Promise<RunOptions>;
  place(path: KeyPath): { readonly source: YamlSource; readonly path: KeyPath; readonly directory: string };
}

function formReader(source: YamlSource, outside: Outside): FormReader {
  return {
    async run(form) {
      if (form === undefined) return plainRun;
      const files = await Promise.all(listOf(form.envFile).map((path) => outside.readEnvironment(path)));
      const env = [...files.flat(), ...(form.env ?? []).flatMap((one) => outside.expand(one))];
      const volumes = form.volumes?.map((volume) => absoluteBind(volume, outside.directory));
      return runOptionsOf(volumes === undefined ? form : { ...form, volumes }, env);
    },
    place: (path) => ({ source, path, directory: outside.directory }),
  };
}

/** `./data:/data` is below the file's directory, wherever Pare is called. */
function absoluteBind(volume: string, directory: string): string {
  const [first = '', ...rest] = volume.split(':');
  return rest.length > 0 && /^\.{1,2}(\/|$)/.test(first)
    ? [below(directory, first), ...rest].join(':')
    : volume;
}

async function dependenciesOf(
  forms: ScenarioForm['dependencies'],
  source: YamlSource,
  reader: FormReader,
  outside: Outside,
): Promise<readonly Dependency[]> {
  const found: Dependency[] = [];
  for (const [name, form] of Object.entries(forms ?? {})) {
    if (name === 'compose') {
      found.push(...(await outside.readCompose(form as unknown as ComposeDependencyForm)));
      continue;
    }
    found.push(await dependencyOf(name, form as ContainerDependencyForm, source, reader));
  }
  return orderDependencies(found, (name, problem) => source.fault(['dependencies', name], problem));
}

async function dependencyOf(
  name: string,
  form: ContainerDependencyForm,
  source: YamlSource,
  reader: FormReader,
): Promise<Dependency> {
  const path = ['dependencies', name];
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) {
    throw source.fault(path, 'is no name for a container: use letters, digits, dots, dashes and underscores');
  }
  if (form.image === undefined) throw source.fault(path, 'needs an image');
  const readiness = readinessOf(form.readiness, reader.place([...path, 'readiness']));
  return {
    name,
    aliases: form.aliases ?? [],
    image: form.image,
    run: await reader.run(form),
    ...(readiness === undefined ? {} : { readiness }),
    readinessTimeoutMs: form.readiness?.timeout ?? dependencyTimeoutMs,
    after: form.after ?? [],
    untilExit: form.untilExit ?? false,
  };
}

async function runsOf(
  forms: NonNullable<ScenarioForm['runs']>,
  source: YamlSource,
  reader: FormReader,
): Promise<readonly RunOfFile[]> {
  const names = new Set<string>();
  const runs: RunOfFile[] = [];
  for (const [index, form] of forms.entries()) {
    const path = ['runs', index];
    if (names.has(form.name))
      throw source.fault([...path, 'name'], `${form.name} is the name of another run`);
    names.add(form.name);
    if (form.run?.user !== undefined) {
      throw source.fault([...path, 'run', 'user'], 'every run has the user of the first', 'leave it out');
    }
    runs.push({
      name: form.name,
      run: await reader.run(form.run),
      probes: probesOf(form.probes ?? [], reader.place([...path, 'probes'])),
      readiness: readinessOf(form.readiness, reader.place([...path, 'readiness'])),
      readinessTimeoutMs: form.readiness?.timeout,
    });
  }
  return runs;
}
