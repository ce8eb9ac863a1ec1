import type { Command } from 'commander';
import type { RunOptions } from '../model/scenario.ts';
import { expandVariable, readEnvFile } from '../scenario/env-file.ts';
import { collect, parseArgv, parseCount, parseCpus, parseSize } from './run-option-parsers.ts';

/** The options of `docker run` that pass through, as commander gives them. */
export interface RunFlags {
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
  readonly memory?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly tmpfs: readonly string[];
  readonly readOnly?: boolean;
  readonly stopSignal?: string;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly sysctl: readonly string[];
}

/** Adds the options of `docker run` that pass through. */
export function addRunOptions(command: Command): Command {
  const none: readonly string[] = [];
  return command
    .optionsGroup('How the application is run (as docker run):')
    .option('-e, --env <NAME=value>', 'set a variable; NAME alone passes yours on', collect, none)
    .option('--env-file <file>', 'read variables from a file', collect, none)
    .option('-v, --volume <spec>', 'bind mount or volume', collect, none)
    .option('--mount <spec>', 'mount, key=value form', collect, none)
    .option('--volumes-from <container>', "mount another container's volumes", collect, none)
    .option(
      '--network <name>',
      'network to join; on the embedded engine only bridge and host lead out of this machine',
    )
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
    .option('-m, --memory <size>', 'most memory that it may take', parseSize)
    .option('--cpus <number>', 'processors that it may use, in parts of one: 0.5', parseCpus)
    .option('--pids-limit <number>', 'processes and threads that it may have', parseCount)
    .option('--tmpfs <target[:options]>', 'mount a temporary file system', collect, none)
    .option('--read-only', 'mount the root file system read-only')
    .option('--stop-signal <name>', 'the signal that stops it')
    .option('--dns <address>', 'name server', collect, none)
    .option('--dns-search <domain>', 'domain in which short names are looked up', collect, none)
    .option('--sysctl <name=value>', 'kernel parameter of its own namespaces', collect, none);
}

/** The run options that the flags describe. Throws PareError `usage` for an env file that cannot be read. */
export async function runOptionsFrom(flags: RunFlags, environment: NodeJS.ProcessEnv): Promise<RunOptions> {
  const files = await Promise.all(flags.envFile.map((path) => readEnvFile(path, environment)));
  const { network, user, hostname, workdir, entrypoint, cmd, shmSize, readOnly, stopSignal } = flags;
  const { memory, cpus, pidsLimit } = flags;
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
    tmpfs: flags.tmpfs,
    dns: flags.dns,
    dnsSearch: flags.dnsSearch,
    sysctls: flags.sysctl,
    ...(network === undefined ? {} : { network }),
    ...(user === undefined ? {} : { user }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(cmd === undefined ? {} : { command: cmd }),
    ...(shmSize === undefined ? {} : { shmSizeBytes: shmSize }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pidsLimit === undefined ? {} : { pidsLimit }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}
