import type { RunConfig } from '@pare/oci';
import { applicationKind } from './application-kind.ts';

/**
 * A first `pare.yaml` with comments, for an image or for none: what its config says of ports, command, user and health
 * check, and probes of the kind of application that it seems to be. It is valid as it stands.
 */
export function renderFirstScenario(image: string | undefined, config: RunConfig): string {
  const kind = applicationKind(config);
  const ports = tcpPorts(config);
  return [
    `# How ${image ?? 'the image'} is started and exercised: for pare build --scenario pare.yaml ${image ?? 'IMAGE'}`,
    '# docs/scenarios.md has the whole form; docs/pare.schema.json is its schema for editors.',
    ...(kind === undefined ? [] : [`# It looks like ${kind.name}: ${kind.advice}.`]),
    'version: 1',
    '',
    ...runLines(config, ports),
    ...readinessLines(kind?.readiness, ports),
    ...probeLines(kind?.probes ?? [], ports, config),
    ...restLines,
    '',
  ].join('\n');
}

function tcpPorts(config: RunConfig): readonly number[] {
  return Object.keys(config.ExposedPorts ?? {})
    .flatMap((port) => (/^\d{1,5}(\/tcp)?$/.test(port) ? [Number.parseInt(port, 10)] : []))
    .sort((a, b) => a - b);
}

/** YAML is a superset of JSON: what is quoted so is itself. */
const quote = (value: unknown) => JSON.stringify(value);

function runLines(config: RunConfig, ports: readonly number[]): readonly string[] {
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const secrets = (config.Env ?? []).filter((variable) => !variable.startsWith('PATH='));
  return [
    '# As docker run. What is left out is as the image says.',
    'run:',
    `  # The image exposes ${ports.length === 0 ? 'no TCP port' : ports.join(', ')}; what it listens on besides goes here.`,
    '  ports: []',
    `  # The image runs ${command.length === 0 ? 'nothing' : quote(command)}${user(config)}.`,
    '  # command: []',
    `  # The image sets ${secrets.length === 0 ? 'nothing but PATH' : quote(secrets.map((one) => one.split('=', 1)[0]))}. A name alone passes your own value on.`,
    '  env: []',
    "  # volumes: ['./data:/data']",
    '',
  ];
}

function user({ User: name }: RunConfig): string {
  return name === undefined || name === '' ? ' as root' : ` as ${quote(name)}`;
}

function readinessLines(readiness: string | undefined, ports: readonly number[]): readonly string[] {
  const [port] = ports;
  if (readiness !== undefined) return [`readiness: ${readiness}`, ''];
  return [
    '# When it is ready: that it listens is enough, unless you say otherwise.',
    `# readiness: { http: /health, port: ${port ?? 8080}, timeout: 60s }   # or tcp: 5432 | exec: 'pg_isready' | log: 'ready'`,
    '',
  ];
}

function probeLines(
  known: readonly string[],
  ports: readonly number[],
  config: RunConfig,
): readonly string[] {
  return [
    '# Everything that the application must still do afterwards; each answer is compared with that of the slim image.',
    'probes:',
    ...(known.length > 0 ? known : usualProbes(ports, config)).map((line) => `  ${line}`),
    "  # - http: { method: POST, path: /login, body: { user: ada }, expect: { status: 200, body: 'welcome' } }",
    '  # - openapi: { path: /openapi.json }',
    '  # - websocket: { path: /ws, send: [hello], expect: [hello] }',
    '  # - grpc: { port: 50051 }',
    "  # - exec: { command: [tool, --version], expect: { exitCode: 0, stdout: '1\\.' } }",
    "  # - host: { command: 'npm test' }   # your own tests, with PARE_URL, PARE_HOST and PARE_PORT in their environment",
    ...(config.Healthcheck === undefined ? [] : ['  # The health check of the image is run too.']),
    '',
  ];
}

function usualProbes(ports: readonly number[], config: RunConfig): readonly string[] {
  if (ports.length > 0) return ['- http: /', '- crawl: { path: /, maxPages: 100, maxDepth: 3 }'];
  const program = config.Entrypoint?.[0] ?? config.Cmd?.[0];
  if (program === undefined) return ['- http: /'];
  // A program that is a shell says nothing of what is run by it.
  return [
    `- exec: { command: [${quote(program)}, --version] }`,
    `- exec: { command: [${quote(program)}, --help] }`,
  ];
}

const restLines: readonly string[] = [
  '# Other containers that it needs: made anew for each run, found by these names.',
  '# dependencies:',
  "#   db: { image: postgres:16, env: [POSTGRES_PASSWORD=x], readiness: { exec: 'pg_isready' } }",
  '#   compose: { file: compose.yaml, services: [db] }',
  '',
  '# Further commands of the same image.',
  '# runs:',
  '#   - { name: migrate, run: { command: [python, manage.py, migrate] } }',
  '',
  '# What stays or goes whatever was seen.',
  '# keep: { include: [/etc/app/**], packages: [tzdata], ecosystems: [] }',
  '# drop: { exclude: [/usr/share/doc/**], packages: [] }',
];
