import * as v from 'valibot';
import type { RunOptions } from '../../model/scenario.ts';
import type { ContainerSettings } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';

const text = v.string();
const texts = v.nullish(v.array(text));
const bindings = v.nullish(
  v.record(text, v.nullish(v.array(v.object({ HostIp: v.nullish(text), HostPort: v.nullish(text) })))),
);

/** What `docker inspect` tells of how a container is run, as far as `docker run` can say it again. */
const settingsSchema = v.object({
  Name: v.nullish(text),
  Image: text,
  State: v.object({ Running: v.boolean() }),
  Config: v.object({
    Env: texts,
    User: v.nullish(text),
    Hostname: v.nullish(text),
    WorkingDir: v.nullish(text),
    Entrypoint: texts,
    Cmd: texts,
    StopSignal: v.nullish(text),
    ExposedPorts: v.nullish(v.record(text, v.unknown())),
  }),
  HostConfig: v.object({
    NetworkMode: v.nullish(text),
    Links: texts,
    PortBindings: bindings,
    PublishAllPorts: v.nullish(v.boolean()),
    ExtraHosts: texts,
    ShmSize: v.nullish(v.number()),
    Memory: v.nullish(v.number()),
    NanoCpus: v.nullish(v.number()),
    PidsLimit: v.nullish(v.number()),
    Tmpfs: v.nullish(v.record(text, text)),
    ReadonlyRootfs: v.nullish(v.boolean()),
    Dns: texts,
    DnsSearch: texts,
    Sysctls: v.nullish(v.record(text, text)),
  }),
  Mounts: v.nullish(
    v.array(
      v.object({
        Type: v.nullish(text),
        Name: v.nullish(text),
        Source: v.nullish(text),
        Destination: text,
        RW: v.nullish(v.boolean()),
      }),
    ),
  ),
});

type Settings = v.InferOutput<typeof settingsSchema>;

/** How a container is run; undefined when the engine has none of that name or ID. Throws PareError `engine-failed`. */
export async function findContainer(
  client: ApiClient,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<ContainerSettings | undefined> {
  const found = await client.find(settingsSchema, {
    method: 'GET',
    path: `/containers/${encodeURIComponent(reference)}/json`,
    doing: `looking for container ${reference}`,
    signal,
  });
  if (found === undefined) return undefined;
  return {
    name: found.Name?.replace(/^\//, '') ?? reference,
    image: found.Image,
    running: found.State.Running,
    run: runOptionsOf(found),
  };
}

function runOptionsOf({ Config: config, HostConfig: host, Mounts }: Settings): RunOptions {
  const { User: user, WorkingDir: workdir, StopSignal: stopSignal, Hostname: hostname } = config;
  const network = host.NetworkMode ?? 'default';
  const own = network !== 'host' && !network.startsWith('container:');
  return {
    env: config.Env ?? [],
    volumes: (Mounts ?? []).flatMap(volumeOf),
    mounts: [],
    volumesFrom: [],
    links: (host.Links ?? []).map(linkOf),
    publish: own ? publishOf(host.PortBindings ?? {}) : [],
    expose: Object.keys(config.ExposedPorts ?? {}),
    publishAll: own && host.PublishAllPorts === true,
    addHosts: host.ExtraHosts ?? [],
    // Empty where it is the image's: then the command alone says what is run.
    ...((config.Entrypoint ?? []).length === 0 ? {} : { entrypoint: config.Entrypoint ?? [] }),
    ...((config.Cmd ?? []).length === 0 ? {} : { command: config.Cmd ?? [] }),
    ...(network === 'default' || network === 'bridge' ? {} : { network }),
    ...(isSet(user) ? { user } : {}),
    ...(isSet(workdir) ? { workdir } : {}),
    ...(isSet(stopSignal) ? { stopSignal } : {}),
    ...(own && isSet(hostname) ? { hostname } : {}),
    ...(host.ShmSize === null || host.ShmSize === undefined ? {} : { shmSizeBytes: host.ShmSize }),
    // Zero, and -1 for processes, stand for no limit.
    ...(isLimit(host.Memory) ? { memoryBytes: host.Memory } : {}),
    ...(isLimit(host.NanoCpus) ? { cpus: host.NanoCpus / 1e9 } : {}),
    ...(isLimit(host.PidsLimit) ? { pidsLimit: host.PidsLimit } : {}),
    ...(host.ReadonlyRootfs === true ? { readOnly: true } : {}),
    tmpfs: Object.entries(host.Tmpfs ?? {}).map(([target, options]) =>
      options === '' ? target : `${target}:${options}`,
    ),
    dns: host.Dns ?? [],
    dnsSearch: host.DnsSearch ?? [],
    sysctls: Object.entries(host.Sysctls ?? {}).map(([name, value]) => `${name}=${value}`),
  };
}

function isLimit(value: number | null | undefined): value is number {
  return typeof value === 'number' && value > 0;
}

function isSet(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== '';
}

/** A volume goes by its name, also one that docker named; what the engine itself mounts has no source. */
function volumeOf({
  Destination,
  Name,
  RW,
  Source,
  Type,
}: NonNullable<Settings['Mounts']>[number]): readonly string[] {
  const source = Type === 'volume' ? Name : Source;
  if (!isSet(source) || Type === 'tmpfs') return [];
  return [`${source}:${Destination}${RW === false ? ':ro' : ''}`];
}

/** `/other:/this/alias`, as the engine writes it. */
function linkOf(link: string): string {
  const [other = '', alias = ''] = link.split(':');
  return `${other.replace(/^\//, '')}:${alias.slice(alias.lastIndexOf('/') + 1)}`;
}

function publishOf(ports: NonNullable<Settings['HostConfig']['PortBindings']>): readonly string[] {
  return Object.entries(ports).flatMap(([port, hosts]) =>
    (hosts ?? []).map(
      ({ HostIp, HostPort }) => `${isSet(HostIp) ? `${HostIp}:` : ''}${HostPort ?? ''}:${port}`,
    ),
  );
}
