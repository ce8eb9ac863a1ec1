import { PareError } from '../../model/pare-error.ts';
import { type ContainerSpec, OWNER_LABEL } from '../../ports/container-engine.ts';
import { type ApiMount, parseMount, parseVolume } from './mount-specs.ts';
import { planPorts } from './port-specs.ts';

/** What the mapping needs to know beside the spec. */
export interface CreateContext {
  readonly runId: string;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  /** Where `publishLoopback` publishes. */
  readonly loopbackAddress: string;
  /** The image's own entrypoint, for a command that is given but empty. */
  readonly imageEntrypoint: readonly string[];
  /** The seccomp profile in the engine's form (`seccompOption`). */
  readonly seccompOption: string | undefined;
}

/** A volume that the container mounts by name; it is made, and removed with the container, when it is not there. */
export interface NamedVolume {
  readonly name: string;
  readonly driver: string | undefined;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface CreatePlan {
  /** Body of `POST /containers/create`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly volumes: readonly NamedVolume[];
}

/**
 * Maps a container spec to the Engine API as `docker run` maps its options. Throws PareError `usage` for an option in
 * the wrong form.
 */
export function planCreate(spec: ContainerSpec, context: CreateContext): CreatePlan {
  const { run } = spec;
  const volumes = run.volumes.map((volume) => parseVolume(volume, context.directory));
  const mounts = run.mounts.map((mount) => parseMount(mount, context.directory));
  const ports = planPorts({
    publish: run.publish,
    expose: run.expose,
    publishLoopback: spec.attach !== undefined || canPublish(run.network) ? spec.publishLoopback : [],
    loopbackAddress: context.loopbackAddress,
  });
  const user = spec.user ?? run.user;
  const anonymous = volumes.flatMap((volume) => (volume.kind === 'anonymous' ? [volume.target] : []));
  const body = {
    Image: spec.image,
    Labels: { [OWNER_LABEL]: context.runId },
    Env: mergeEnvironment(run.env),
    ...planCommand(spec, context.imageEntrypoint),
    ...(user === undefined ? {} : { User: user }),
    ...(run.hostname === undefined ? {} : { Hostname: run.hostname }),
    ...(run.workdir === undefined ? {} : { WorkingDir: run.workdir }),
    ...(run.stopSignal === undefined ? {} : { StopSignal: run.stopSignal }),
    ...(spec.disableHealthcheck ? { Healthcheck: { Test: ['NONE'] } } : {}),
    ...(anonymous.length > 0 ? { Volumes: emptyObjects(anonymous) } : {}),
    ExposedPorts: emptyObjects(ports.exposed),
    HostConfig: {
      Binds: volumes.flatMap((volume) => (volume.kind === 'anonymous' ? [] : [volume.bind])),
      Mounts: [...mounts, ...spec.binds.map(ownBind)],
      VolumesFrom: run.volumesFrom,
      PortBindings: ports.bindings,
      PublishAllPorts: run.publishAll,
      ExtraHosts: run.addHosts.map(parseExtraHost),
      CapAdd: spec.addCapabilities,
      CapDrop: spec.dropCapabilities,
      SecurityOpt: securityOptions(spec, context),
      // Whatever the engine's default is, the output must be readable.
      LogConfig: { Type: 'json-file', Config: {} },
      ...(run.shmSizeBytes === undefined ? {} : { ShmSize: run.shmSizeBytes }),
      ...(run.memoryBytes === undefined ? {} : { Memory: run.memoryBytes }),
      ...(run.cpus === undefined ? {} : { NanoCpus: Math.round(run.cpus * 1e9) }),
      ...(run.pidsLimit === undefined ? {} : { PidsLimit: run.pidsLimit }),
      ...(run.readOnly === undefined ? {} : { ReadonlyRootfs: run.readOnly }),
      ...(run.tmpfs === undefined ? {} : { Tmpfs: Object.fromEntries(run.tmpfs.map(parseTmpfs)) }),
      ...(run.dns === undefined ? {} : { Dns: run.dns }),
      ...(run.dnsSearch === undefined ? {} : { DnsSearch: run.dnsSearch }),
      ...(run.sysctls === undefined ? {} : { Sysctls: Object.fromEntries(run.sysctls.map(parseSysctl)) }),
      ...networkMode(spec),
    },
    ...networkEndpoint(spec),
  };
  const named = volumes.flatMap((volume) => (volume.kind === 'named' ? [plainVolume(volume.volume)] : []));
  return { body, volumes: [...named, ...mounts.flatMap(mountedVolume)] };
}

/** The engine drops the image's command when it is given an entrypoint; `['']` stands for an empty entrypoint. */
function planCommand(spec: ContainerSpec, imageEntrypoint: readonly string[]): object {
  if (spec.argv !== undefined) {
    const [program, ...rest] = spec.argv;
    if (program === undefined)
      throw new PareError('usage', 'a container needs a command line that is not empty');
    return { Entrypoint: [program], Cmd: rest };
  }
  const { entrypoint, command } = spec.run;
  if (entrypoint !== undefined)
    return { Entrypoint: entrypoint.length === 0 ? [''] : entrypoint, Cmd: command ?? [] };
  if (command === undefined) return {};
  // An empty list stands for "as the image says" in the API, here for "no command": only an entrypoint says that.
  if (command.length > 0) return { Cmd: command };
  return { Entrypoint: imageEntrypoint.length > 0 ? imageEntrypoint : [''], Cmd: [] };
}

/** Whether the image's entrypoint must be known to map the command. */
export function needsImageEntrypoint(spec: ContainerSpec): boolean {
  return spec.argv === undefined && spec.run.entrypoint === undefined && spec.run.command?.length === 0;
}

/** A name set twice takes the last; a name without `=` takes the variable away from the image's. */
function mergeEnvironment(entries: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const entry of entries) {
    const name = entry.split('=', 1)[0] ?? '';
    if (name === '') throw new PareError('usage', `${JSON.stringify(entry)} is no environment variable`);
    byName.set(name, entry);
  }
  return [...byName.values()];
}

/** A container that shares another's network, or has none, has no ports of its own. */
function canPublish(network: string | undefined): boolean {
  return network !== 'host' && network !== 'none' && !network?.startsWith('container:');
}

/** Whether a network is one that somebody made in the engine. */
export function isUserDefined(network: string | undefined): network is string {
  return network !== undefined && canPublish(network) && network !== 'bridge' && network !== 'default';
}

/** On the default network links are the host config's, on another they are the endpoint's (docker's own client). */
function networkMode({ attach, run }: ContainerSpec): object {
  if (attach !== undefined) return { NetworkMode: attach.network, Links: [] };
  return {
    ...(run.network === undefined ? {} : { NetworkMode: run.network }),
    Links: isUserDefined(run.network) ? [] : run.links,
  };
}

function networkEndpoint({ attach, run }: ContainerSpec): object {
  if (attach !== undefined) {
    const { aliases, network } = attach;
    return { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: aliases, Links: run.links } } } };
  }
  if (!isUserDefined(run.network)) return {};
  return { NetworkingConfig: { EndpointsConfig: { [run.network]: { Links: run.links } } } };
}

/** `target[:options]` */
function parseTmpfs(spec: string): readonly [string, string] {
  const colon = spec.indexOf(':');
  const target = colon < 0 ? spec : spec.slice(0, colon);
  if (!target.startsWith('/')) {
    throw new PareError('usage', `${JSON.stringify(spec)} is no tmpfs mount`, {
      hint: 'write /target[:options]',
    });
  }
  return [target, colon < 0 ? '' : spec.slice(colon + 1)];
}

/** `name=value` */
function parseSysctl(spec: string): readonly [string, string] {
  const equals = spec.indexOf('=');
  if (equals > 0) return [spec.slice(0, equals), spec.slice(equals + 1)];
  throw new PareError('usage', `${JSON.stringify(spec)} is no kernel parameter`, {
    hint: 'write name=value',
  });
}

/** `name:address`, or `name=address` as newer clients write it; the address may be `host-gateway` or in brackets. */
function parseExtraHost(spec: string): string {
  const match = /^([^:=]+)[:=](.+)$/.exec(spec);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new PareError('usage', `${JSON.stringify(spec)} is no host entry`, { hint: 'write name:address' });
  }
  return `${match[1]}:${match[2].replace(/^\[(.*)\]$/, '$1')}`;
}

function securityOptions(spec: ContainerSpec, { seccompOption }: CreateContext): readonly string[] {
  return [
    ...(seccompOption === undefined ? [] : [seccompOption]),
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
  ];
}

function ownBind(bind: ContainerSpec['binds'][number]): ApiMount {
  return { Type: 'bind', Source: bind.source, Target: bind.target, ReadOnly: bind.readOnly };
}

function plainVolume(name: string): NamedVolume {
  return { name, driver: undefined, options: {}, labels: {} };
}

function mountedVolume(mount: ApiMount): readonly NamedVolume[] {
  if (mount.Type !== 'volume' || mount.Source === undefined) return [];
  const { DriverConfig: driver, Labels: labels } = mount.VolumeOptions ?? {};
  return [{ name: mount.Source, driver: driver?.Name, options: driver?.Options ?? {}, labels: labels ?? {} }];
}

function emptyObjects(keys: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}
