import type { RunConfig } from '@pare/oci';
import type { Healthcheck, Instruction } from './instruction.ts';

/** What the instructions so far add up to. Values are compared with the image's own config. */
export interface ConfigState {
  readonly env: Map<string, string>;
  readonly labels: Map<string, string>;
  readonly ports: Set<string>;
  readonly volumes: Set<string>;
  command: readonly string[];
  entrypoint: readonly string[];
  shell: readonly string[];
  user: string;
  workdir: string;
  stopSignal: string;
  healthcheck: Healthcheck | undefined;
}

const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];

export function emptyState(): ConfigState {
  return {
    env: new Map(),
    labels: new Map(),
    ports: new Set(),
    volumes: new Set(),
    command: [],
    entrypoint: [],
    shell: DEFAULT_SHELL,
    user: '',
    workdir: '',
    stopSignal: '',
    healthcheck: undefined,
  };
}

/** Adds an instruction's effect. */
export function applyInstruction(state: ConfigState, instruction: Instruction): void {
  switch (instruction.kind) {
    case 'argv':
      if (instruction.keyword === 'CMD') state.command = instruction.argv;
      else if (instruction.keyword === 'ENTRYPOINT') state.entrypoint = instruction.argv;
      else state.shell = instruction.argv;
      return;
    case 'pairs':
      for (const [name, value] of instruction.pairs) {
        (instruction.keyword === 'ENV' ? state.env : state.labels).set(name, value);
      }
      return;
    case 'expose':
      for (const port of instruction.ports) state.ports.add(port.includes('/') ? port : `${port}/tcp`);
      return;
    case 'volume':
      for (const path of instruction.paths) state.volumes.add(path);
      return;
    case 'healthcheck':
      state.healthcheck = instruction.healthcheck;
      return;
    case 'word':
      applyWord(state, instruction.keyword, instruction.word);
      return;
    case 'run':
    case 'copy':
    case 'unknown':
      return;
  }
}

function applyWord(state: ConfigState, keyword: string, word: string): void {
  if (keyword === 'USER') state.user = word;
  else if (keyword === 'STOPSIGNAL') state.stopSignal = word;
  else if (keyword === 'WORKDIR')
    state.workdir = word.startsWith('/') ? word : `${state.workdir.replace(/\/$/, '')}/${word}`;
}

/** The instructions that make `state` into the image's config, in the order in which they must come. */
export function missingInstructions(state: ConfigState, config: RunConfig): readonly Instruction[] {
  const missing: Instruction[] = [];
  const env = (config.Env ?? [])
    .map((pair) => splitPair(pair))
    .filter(([name, value]) => state.env.get(name) !== value);
  const labels = Object.entries(config.Labels ?? {}).filter(
    ([name, value]) => state.labels.get(name) !== value,
  );
  for (const pair of env) missing.push({ kind: 'pairs', keyword: 'ENV', pairs: [pair] });
  for (const pair of labels) missing.push({ kind: 'pairs', keyword: 'LABEL', pairs: [pair] });
  const ports = Object.keys(config.ExposedPorts ?? {}).filter(
    (port) => !state.ports.has(port.includes('/') ? port : `${port}/tcp`),
  );
  if (ports.length > 0) missing.push({ kind: 'expose', ports });
  const volumes = Object.keys(config.Volumes ?? {}).filter((path) => !state.volumes.has(path));
  if (volumes.length > 0) missing.push({ kind: 'volume', paths: volumes });
  missing.push(...missingWords(state, config));
  const { Healthcheck } = config;
  if (Healthcheck !== undefined && !sameHealthcheck(Healthcheck, state.healthcheck)) {
    missing.push({ kind: 'healthcheck', healthcheck: Healthcheck });
  }
  return [...missing, ...missingCommands(state, config)];
}

function missingWords(state: ConfigState, config: RunConfig): readonly Instruction[] {
  const missing: Instruction[] = [];
  const add = (keyword: 'USER' | 'WORKDIR' | 'STOPSIGNAL', value: string, has: string) => {
    if (value !== has && value !== '') missing.push({ kind: 'word', keyword, word: value });
  };
  // No user means root, and no working directory the root: either can only be said by its name.
  add('WORKDIR', config.WorkingDir || (state.workdir === '' ? '' : '/'), state.workdir);
  add('USER', config.User || (state.user === '' ? '' : 'root'), state.user);
  add('STOPSIGNAL', config.StopSignal ?? '', state.stopSignal);
  return missing;
}

/** CMD after ENTRYPOINT: setting an entrypoint takes an inherited command away. */
function missingCommands(state: ConfigState, config: RunConfig): readonly Instruction[] {
  const missing: Instruction[] = [];
  const shell = config.Shell ?? DEFAULT_SHELL;
  if (!sameWords(shell, state.shell)) missing.push({ kind: 'argv', keyword: 'SHELL', argv: shell });
  const entrypoint = config.Entrypoint ?? [];
  const command = config.Cmd ?? [];
  const changed = !sameWords(entrypoint, state.entrypoint);
  if (changed) missing.push({ kind: 'argv', keyword: 'ENTRYPOINT', argv: entrypoint });
  if (!sameWords(command, state.command) || (changed && command.length > 0)) {
    missing.push({ kind: 'argv', keyword: 'CMD', argv: command });
  }
  return missing;
}

function splitPair(pair: string): readonly [string, string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word, index) => word === right[index]);
}

function sameHealthcheck(left: Healthcheck, right: Healthcheck | undefined): boolean {
  return (
    right !== undefined &&
    sameWords(left.Test ?? [], right.Test ?? []) &&
    (['Interval', 'Timeout', 'StartPeriod', 'Retries'] as const).every(
      (name) => (left[name] ?? 0) === (right[name] ?? 0),
    )
  );
}
