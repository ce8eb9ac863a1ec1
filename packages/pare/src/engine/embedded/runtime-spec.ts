import type { HostPath, ImageConfig } from '@pare/oci';
import type { ApplicationUser } from '../../model/application-user.ts';
import { commandLine } from '../../model/command-line.ts';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import { planCapabilities } from './capabilities.ts';
import { resourcesSection } from './cgroups.ts';
import type { EmbeddedHost } from './host.ts';
import { seccompSection } from './seccomp-section.ts';

/** A mount as the runtime makes it (OCI runtime spec, "Mounts"). */
export interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface RuntimeSpecInput {
  readonly spec: ContainerSpec;
  readonly config: ImageConfig;
  readonly host: EmbeddedHost;
  readonly user: ApplicationUser;
  readonly hostname: string;
  /** The user's and Pare's, sources resolved; without those that every container has. */
  readonly mounts: readonly RuntimeMount[];
  /** Whether the container is in the network namespace of this machine. */
  readonly hostNetwork: boolean;
  readonly root: HostPath;
  readonly cgroup: string;
  /** Docker's default profile for a container with these capabilities. */
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
}

/** The process section of the runtime spec, which a command run beside the application has too. */
export interface RuntimeProcess {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly [section: string]: unknown;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** moby `oci/defaults.go`. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The capabilities that a container gets on this host. */
function capabilitiesOf(spec: ContainerSpec, host: EmbeddedHost): readonly string[] {
  const planned = planCapabilities(spec.addCapabilities, spec.dropCapabilities);
  // Without the devices cgroup only this keeps a container of the machine's root from the machine's disks.
  const unsafe = host.cgroups.kind === 'none' && !host.rootless && !spec.addCapabilities.includes('MKNOD');
  return unsafe ? planned.filter((name) => name !== 'MKNOD') : planned;
}

/** Makes `process` of the runtime spec. Throws PareError `image-without-command`. */
export function planProcess(input: RuntimeSpecInput): RuntimeProcess {
  const { spec, config, host, user } = input;
  const args = spec.argv ?? commandLine(config.config, spec.run);
  if (args.length === 0 || (args.length === 1 && args[0] === '')) {
    throw new PareError('image-without-command', `${spec.image} has no command to run`, {
      hint: 'give one with --entrypoint or --cmd',
    });
  }
  const capabilities = capabilitiesOf(spec, host).map((name) => `CAP_${name}`);
  // As docker: who is not root has them as a bound only.
  const effective = user.uid === 0 ? capabilities : [];
  return {
    terminal: false,
    user: {
      uid: user.uid,
      gid: user.gid,
      umask: 0o22,
      additionalGids: user.groups.filter((gid) => gid <= host.highestId),
    },
    args,
    env: planEnvironment(spec, config, input.hostname),
    cwd: spec.run.workdir ?? (config.config.WorkingDir || '/'),
    capabilities: { bounding: capabilities, effective, permitted: effective },
    noNewPrivileges: spec.noNewPrivileges,
  };
}

/** The image's variables, then the user's; one without `=` takes the image's away. */
function planEnvironment(spec: ContainerSpec, { config }: ImageConfig, hostname: string): readonly string[] {
  const byName = new Map<string, string>();
  for (const variable of [defaultPath, `HOSTNAME=${hostname}`, ...(config.Env ?? []), ...spec.run.env]) {
    const { name, value } = parseVariable(variable);
    if (value === undefined) byName.delete(name);
    else byName.set(name, variable);
  }
  return [...byName.values()];
}

/** Parses `NAME=value`, or `NAME`, which takes a variable away. Throws PareError `usage`. */
export function parseVariable(text: string): { readonly name: string; readonly value: string | undefined } {
  const [name = ''] = text.split('=', 1);
  if (name === '') throw new PareError('usage', `${JSON.stringify(text)} is no environment variable`);
  return { name, value: name === text ? undefined : text.slice(name.length + 1) };
}

/** Makes `config.json` of a bundle (OCI runtime spec 1.0.2) as Docker makes it for the same options. */
export function planRuntimeSpec(input: RuntimeSpecInput): object {
  const { spec, host, hostNetwork, mounts } = input;
  const own = new Set(mounts.map(({ destination }) => destination));
  const capabilities = capabilitiesOf(spec, host);
  const seccomp = spec.seccomp ?? input.defaultSeccomp(capabilities);
  const sysctl = Object.fromEntries(
    (spec.run.sysctls ?? []).filter((text) => !isNetworkParameter(text)).map(parseSysctl),
  );
  return {
    ociVersion: '1.0.2',
    process: planProcess(input),
    root: { path: input.root, readonly: spec.run.readOnly ?? false },
    hostname: input.hostname,
    mounts: [...systemMounts(input).filter(({ destination }) => !own.has(destination)), ...mounts],
    linux: {
      ...resourcesSection(host.cgroups, input.cgroup, spec.run),
      namespaces: [
        ...['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
        ...(host.cgroups.kind === 'v2' ? [{ type: 'cgroup' }] : []),
        // The keeper's; named, because a runtime sets kernel parameters of a namespace that it was given only.
        ...(hostNetwork ? [] : [{ type: 'network', path: '/proc/1/ns/net' }]),
      ],
      ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
      seccomp: seccompSection(seccomp),
      maskedPaths,
      readonlyPaths,
    },
  };
}

function systemMounts({ spec, host, hostNetwork }: RuntimeSpecInput): readonly RuntimeMount[] {
  const quiet = ['nosuid', 'noexec', 'nodev'];
  // The group `tty`; in a namespace of one user there is none.
  const terminalGroup = host.highestId >= 5 ? ['gid=5'] : [];
  const shmBytes = spec.run.shmSizeBytes ?? 64 * 2 ** 20;
  const mount = (destination: string, type: string, source: string, options: readonly string[]) => ({
    destination,
    type,
    source,
    options,
  });
  return [
    mount('/proc', 'proc', 'proc', quiet),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', [
      'nosuid',
      'noexec',
      'newinstance',
      'ptmxmode=0666',
      'mode=0620',
      ...terminalGroup,
    ]),
    // A user namespace may mount only the sysfs of a network namespace that it owns (sysfs(5)).
    hostNetwork && host.rootless
      ? mount('/sys', 'none', '/sys', ['rbind', ...quiet, 'ro'])
      : mount('/sys', 'sysfs', 'sysfs', [...quiet, 'ro']),
    ...(host.cgroups.kind === 'none' ? [] : [mount('/sys/fs/cgroup', 'cgroup', 'cgroup', [...quiet, 'ro'])]),
    mount('/dev/mqueue', 'mqueue', 'mqueue', quiet),
    mount('/dev/shm', 'tmpfs', 'shm', [...quiet, 'mode=1777', `size=${Math.ceil(shmBytes / 1024)}k`]),
  ];
}

/**
 * Whether a `name=value` is of the network namespace. That is made by the keeper and not by the runtime, which sets no kernel
 * parameters in one that it was given.
 */
export function isNetworkParameter(text: string): boolean {
  return /^net\.[\w./-]+=/.test(text) && !text.includes('..');
}

/** Parses `name=value`. Throws PareError `usage`. */
export function parseSysctl(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new PareError('usage', `${JSON.stringify(text)} is no kernel parameter`, {
      hint: 'write name=value',
    });
  return [text.slice(0, equals), text.slice(equals + 1)];
}
