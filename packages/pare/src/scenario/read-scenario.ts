import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PareError } from '../model/pare-error.ts';
import type {
  ContinueAfter,
  Dependency,
  FurtherRun,
  Probe,
  RunOptions,
  Scenario,
} from '../model/scenario.ts';
import { expandVariable, readEnvFile } from './env-file.ts';
import { orderDependencies } from './order-dependencies.ts';
import type { Outside, RunOfFile, ScenarioFile } from './parse-scenario.ts';
import { below, usualProbes } from './probes-of.ts';
import { mergeRunOptions, plainRun } from './run-options.ts';
import type { ComposeDependencyForm } from './scenario-form.ts';
import { hasRules, noRules } from './user-rules.ts';

/** What flags say: added to what the file says, or over it. Undefined: they say nothing. */
export interface ScenarioOverrides {
  /** Lists are added, single values are over the file's. */
  readonly run?: RunOptions;
  /** Added to the file's probes; where it has none, to `usualProbes`. */
  readonly probes?: readonly Probe[];
  /** In the place of what is tried when nobody says otherwise. */
  readonly usualProbes?: readonly Probe[];
  readonly ports?: readonly number[];
  readonly continueAfter?: ContinueAfter;
  readonly readinessTimeoutMs?: number;
  readonly observeMs?: number;
  readonly probeTimeoutMs?: number;
  /** Services of a compose file beside the file's dependencies; relative to the working directory. */
  readonly compose?: ComposeDependencyForm;
}

const fileLimitBytes = 1024 * 1024;
const defaults = { readinessTimeoutMs: 60_000, observeMs: 60_000, probeTimeoutMs: 20_000 } as const;

/**
 * Reads a `pare.yaml` and what it names, and puts the flags over it. Without a path: the scenario of the flags alone.
 * Relative paths in the file are relative to its directory. Throws PareError `usage`.
 */
export async function readScenario(
  path: string | undefined,
  flags: ScenarioOverrides = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Scenario> {
  const file = path === undefined ? nothingInFile : await readFileOf(path, environment);
  const asked = flags.probes ?? [];
  const probes = [...(file.probes ?? flags.usualProbes ?? usualProbes), ...asked];
  const run = mergeRunOptions(file.run, flags.run ?? plainRun);
  const { compose } = flags;
  const services = compose === undefined ? [] : await readCompose(compose, process.cwd(), environment);
  const dependencies = orderDependencies([...file.dependencies, ...services], (name, problem) => {
    return new PareError('usage', `dependency ${name} ${problem}`);
  });
  const scenario: Scenario = {
    run,
    probes,
    ports: flags.ports ?? [],
    continueAfter: flags.continueAfter ?? (asked.some(({ kind }) => kind === 'exec') ? 'exec' : 'probe'),
    readinessTimeoutMs: flags.readinessTimeoutMs ?? file.readinessTimeoutMs ?? defaults.readinessTimeoutMs,
    observeMs: flags.observeMs ?? defaults.observeMs,
    probeTimeoutMs: flags.probeTimeoutMs ?? defaults.probeTimeoutMs,
    ...(file.readiness === undefined ? {} : { readiness: file.readiness }),
    ...(dependencies.length === 0 ? {} : { dependencies }),
    ...(hasRules(file.rules) ? { rules: file.rules } : {}),
  };
  return file.runs.length === 0
    ? scenario
    : { ...scenario, runs: file.runs.map((one) => furtherRun(one, scenario)) };
}

const nothingInFile: ScenarioFile = {
  run: plainRun,
  probes: undefined,
  readiness: undefined,
  readinessTimeoutMs: undefined,
  dependencies: [],
  runs: [],
  rules: noRules,
};

/** A run has the options, dependencies and limits of the first, and its own command, probes and readiness. */
function furtherRun(run: RunOfFile, first: Scenario): FurtherRun {
  const { ports: _, readiness: __, rules: ___, ...inherited } = first;
  const serves = run.readiness !== undefined || run.run.expose.length > 0 || run.probes.some(needsPort);
  return {
    name: run.name,
    scenario: {
      ...inherited,
      run: mergeRunOptions({ ...first.run, expose: [], publish: [], publishAll: false }, run.run),
      probes: run.probes,
      ports: [],
      continueAfter: 'probe',
      readinessTimeoutMs: run.readinessTimeoutMs ?? first.readinessTimeoutMs,
      ...(run.readiness === undefined ? {} : { readiness: run.readiness }),
      ...(serves ? {} : { withoutPorts: true }),
    },
  };
}

function needsPort({ kind }: Probe): boolean {
  return kind !== 'exec' && kind !== 'host';
}

async function readFileOf(path: string, environment: NodeJS.ProcessEnv): Promise<ScenarioFile> {
  const text = await readText(path, 'the scenario');
  // The parser of YAML and the forms take a good part of Pare's start-up: only who has a file pays for them.
  const { parseScenarioFile } = await import('./parse-scenario.ts');
  return parseScenarioFile(text, path, outsideOf(dirname(resolve(path)), environment));
}

/** Throws PareError `usage` for a file that cannot be read or is too large to be one. */
async function readText(path: string, what: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new PareError('usage', `${path}: ${what} cannot be read: ${cause.message}`, {
      ...(what === 'the scenario' ? { hint: '`pare init IMAGE` writes a first one' } : {}),
      cause,
    });
  });
  if (bytes.length > fileLimitBytes) {
    throw new PareError('usage', `${path}: ${what} is larger than 1 MiB`);
  }
  return bytes.toString('utf8');
}

function outsideOf(directory: string, environment: NodeJS.ProcessEnv): Outside {
  return {
    directory,
    expand: (variable) => expandVariable(variable, environment),
    readEnvironment: (path) => readEnvFile(below(directory, path), environment),
    readCompose: (form) => readCompose(form, directory, environment),
  };
}

async function readCompose(
  form: ComposeDependencyForm,
  scenarioDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly Dependency[]> {
  const path = below(scenarioDirectory, form.file);
  const directory = dirname(path);
  const { parseCompose } = await import('./compose/parse-compose.ts');
  const suffix = randomBytes(4).toString('hex');
  const envFiles = form.envFile === undefined ? undefined : [form.envFile].flat();
  return parseCompose(path, form.file, {
    services: form.services,
    profiles: form.profiles ?? environment.COMPOSE_PROFILES?.split(',').map((one) => one.trim()) ?? [],
    variables: {
      ...(await composeVariables(envFiles, directory, scenarioDirectory, environment)),
      ...environment,
    },
    readFile: (file) => readText(file, 'the compose file'),
    readVariables: async (file) => variablesOf((await readIfThere(file, environment)) ?? []),
    privateVolume: (name) => `pare-${name}-${suffix}`,
    expand: (variable) => expandVariable(variable, environment),
    readEnvironment: (envFile) => readIfThere(envFile, environment),
  });
}

/** `.env` beside the compose file, unless files are named. */
async function composeVariables(
  named: readonly string[] | undefined,
  directory: string,
  scenarioDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  const lines =
    named === undefined
      ? ((await readIfThere(below(directory, '.env'), environment)) ?? [])
      : (
          await Promise.all(named.map((one) => readEnvFile(below(scenarioDirectory, one), environment)))
        ).flat();
  return variablesOf(lines);
}

function variablesOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name.trim(), unquote(value.join('=').trim())];
    }),
  );
}

function unquote(value: string): string {
  return (
    /^"(.*)"$|^'(.*)'$/s
      .exec(value)
      ?.slice(1)
      .find((inner) => inner !== undefined) ?? value
  );
}

async function readIfThere(
  path: string,
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[] | undefined> {
  try {
    return await readEnvFile(path, environment);
  } catch (error) {
    if (error instanceof PareError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
      return undefined;
    throw error;
  }
}
