import type { Command } from 'commander';
import { PareError } from '../model/pare-error.ts';
import type { ContinueAfter, Probe, RunOptions, Scenario } from '../model/scenario.ts';
import { expandVariable, readEnvFile } from '../scenario/env-file.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import {
  collect,
  type HttpProbeOption,
  parseArgv,
  parseCount,
  parseDuration,
  parseHttpProbe,
  parsePort,
  parseSize,
} from './run-option-parsers.ts';

/** The options that say how the application is started and exercised, as commander gives them. */
export interface ScenarioFlags {
  readonly scenario?: string;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly volume: readonly string[];
  readonly mount: readonly string[];
  readonly volumesFrom: readonly string[];
  readonly network?: string;
  readonly link: readonly string[];
  readonly publish: readonly string[];
  readonly publishAll: boolean;
  readonly expose: readonly string[];
  readonly user?: string;
  readonly hostname?: string;
  readonly workdir?: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly addHost: readonly string[];
  readonly shmSize?: number;
  readonly httpProbe: boolean;
  readonly httpProbeCmd: readonly HttpProbeOption[];
  readonly httpProbePort: readonly number[];
  readonly httpProbeCrawl: boolean;
  readonly httpCrawlMaxDepth: number;
  readonly httpCrawlMaxPages: number;
  readonly exec: readonly string[];
  readonly continueAfter?: string;
  readonly readyTimeout?: number;
  readonly probeTimeout?: number;
  readonly observeFor?: number;
}

const continueWords: readonly ContinueAfter[] = ['enter', 'probe', 'exec', 'signal', 'timeout', 'app-exit'];

/** Adds the options of `docker run` that pass through, and those of the probes. */
export function addScenarioOptions(command: Command): Command {
  const none: readonly string[] = [];
  return command
    .optionsGroup('How the application is run (as docker run):')
    .option('-e, --env <NAME=value>', 'set a variable; NAME alone passes yours on', collect, none)
    .option('--env-file <file>', 'read variables from a file', collect, none)
    .option('-v, --volume <spec>', 'bind mount or volume', collect, none)
    .option('--mount <spec>', 'mount, key=value form', collect, none)
    .option('--volumes-from <container>', "mount another container's volumes", collect, none)
    .option('--network <name>', 'network to join')
    .option('--link <container[:alias]>', 'link to another container', collect, none)
    .option('-p, --publish <spec>', 'publish a port', collect, none)
    .option('-P, --publish-all', 'publish every exposed port', false)
    .option(
      '--expose <port>',
      'a port that the application listens on though the image does not say so',
      collect,
      none,
    )
    .option('-u, --user <user[:group]>', 'run as this user')
    .option('--hostname <name>', "the container's host name")
    .option('-w, --workdir <directory>', 'working directory')
    .option('--entrypoint <command>', 'replace the entrypoint: words, or a JSON list', parseArgv)
    .option('--cmd <command>', 'replace the command: words, or a JSON list', parseArgv)
    .option('--add-host <name:ip>', 'add a line to /etc/hosts', collect, none)
    .option('--shm-size <size>', 'size of /dev/shm', parseSize)
    .optionsGroup('How it is exercised:')
    .option('--scenario <file>', 'read all of this from a pare.yaml; other options add to it')
    .option('--http-probe', 'probe the exposed ports over HTTP and HTTPS', true)
    .option('--no-http-probe', 'do not')
    .option(
      '--http-probe-cmd <METHOD:PATH>',
      'a further request',
      parseHttpProbe,
      [] as readonly HttpProbeOption[],
    )
    .option('--http-probe-port <port>', 'probe this port alone', parsePort, [] as readonly number[])
    .option('--no-http-probe-crawl', 'do not follow links')
    .option('--http-crawl-max-depth <n>', 'how many links deep', parseCount, 3)
    .option('--http-crawl-max-pages <n>', 'how many pages', parseCount, 100)
    .option('--exec <command>', 'run a command in the container', collect, none)
    .option('--continue-after <event>', `what ends the observation: ${continueWords.join(', ')}`)
    .option(
      '--ready-timeout <duration>',
      'how long it may take until it answers (default: 60s)',
      parseDuration,
    )
    .option(
      '--probe-timeout <duration>',
      'how long one request or command may take (default: 20s)',
      parseDuration,
    )
    .option(
      '--observe-for <duration>',
      'with --continue-after timeout: how long to observe (default: 60s)',
      parseDuration,
    )
    .optionsGroup('Options:');
}

/** Makes the scenario that the file and the options describe. Throws PareError `usage`. */
export async function scenarioFrom(flags: ScenarioFlags, environment: NodeJS.ProcessEnv): Promise<Scenario> {
  const { observeFor, probeTimeout, readyTimeout } = flags;
  return readScenario(
    flags.scenario,
    {
      run: await runOptionsFrom(flags, environment),
      usualProbes: usualProbesFrom(flags),
      probes: probesFrom(flags),
      ports: flags.httpProbePort,
      ...(flags.continueAfter === undefined ? {} : { continueAfter: continueAfterFrom(flags.continueAfter) }),
      ...(readyTimeout === undefined ? {} : { readinessTimeoutMs: readyTimeout }),
      ...(observeFor === undefined ? {} : { observeMs: observeFor }),
      ...(probeTimeout === undefined ? {} : { probeTimeoutMs: probeTimeout }),
    },
    environment,
  );
}

async function runOptionsFrom(flags: ScenarioFlags, environment: NodeJS.ProcessEnv): Promise<RunOptions> {
  const files = await Promise.all(flags.envFile.map((path) => readEnvFile(path, environment)));
  const { network, user, hostname, workdir, entrypoint, cmd, shmSize } = flags;
  return {
    env: [...files.flat(), ...flags.env.flatMap((variable) => expandVariable(variable, environment))],
    volumes: flags.volume,
    mounts: flags.mount,
    volumesFrom: flags.volumesFrom,
    links: flags.link,
    publish: flags.publish,
    expose: flags.expose,
    publishAll: flags.publishAll,
    addHosts: flags.addHost,
    ...(network === undefined ? {} : { network }),
    ...(user === undefined ? {} : { user }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(cmd === undefined ? {} : { command: cmd }),
    ...(shmSize === undefined ? {} : { shmSizeBytes: shmSize }),
  };
}

/** What is tried where neither a file nor an option says how the application is exercised. */
function usualProbesFrom(flags: ScenarioFlags): readonly Probe[] {
  if (!flags.httpProbe) return [];
  const front: Probe = { kind: 'http', method: 'GET', path: '/', headers: {} };
  if (!flags.httpProbeCrawl) return [front];
  const { httpCrawlMaxDepth: maxDepth, httpCrawlMaxPages: maxPages } = flags;
  return [front, { kind: 'crawl', path: '/', maxDepth, maxPages }];
}

function probesFrom(flags: ScenarioFlags): readonly Probe[] {
  return [
    ...flags.httpProbeCmd.map(({ method, path }): Probe => ({ kind: 'http', method, path, headers: {} })),
    ...flags.exec.map((command): Probe => ({ kind: 'exec', command })),
  ];
}

function continueAfterFrom(word: string): ContinueAfter {
  const known = continueWords.find((one) => one === word);
  if (known !== undefined) return known;
  throw new PareError('usage', `--continue-after ${word}: not an event that Pare knows`, {
    hint: `use one of: ${continueWords.join(', ')}`,
  });
}
