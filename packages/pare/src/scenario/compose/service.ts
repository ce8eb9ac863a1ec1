import type { Dependency, ReadinessCheck } from '../../model/scenario.ts';
import { parseDurationMs } from '../quantities.ts';
import { plainRun } from '../run-options.ts';
import type { ServiceForm } from './compose-form.ts';
import type { ServiceContext } from './service-context.ts';
import { serviceFiles } from './service-files.ts';
import { serviceVolumes } from './service-volumes.ts';

/** The specification's defaults: an interval of 30 s, three retries. */
const healthDefaults = { intervalMs: 30_000, retries: 3 } as const;
const leastPatienceMs = 60_000;

/** A service as a dependency. Throws PareError `usage` for what Pare cannot do. */
export async function dependencyOfService(
  name: string,
  service: ServiceForm,
  context: ServiceContext,
): Promise<Omit<Dependency, 'untilExit'>> {
  const path = ['services', name];
  if (service.image === undefined) {
    const problem = 'build' in service ? 'is built and not pulled' : 'has no image';
    throw context.fault(path, problem, 'build it, and give its name with the key image');
  }
  const readiness = readinessOfHealthcheck(service.healthcheck);
  const volumes = serviceVolumes(service.volumes ?? [], name, context);
  const files = serviceFiles(service, name, context);
  const { hostname, stop_signal: stopSignal, working_dir: workdir } = service;
  const tmpfs = [...(service.tmpfs ?? []), ...volumes.tmpfs];
  return {
    name,
    aliases: aliasesOf(service),
    image: service.image,
    run: {
      ...plainRun,
      env: await environmentOf(name, service, context),
      volumes: [...volumes.volumes, ...files.volumes],
      publish: (service.ports ?? []).map(renderPort).filter((port) => port.includes(':')),
      expose: [
        ...(service.expose ?? []),
        ...(service.ports ?? []).map(renderPort).filter((port) => !port.includes(':')),
      ],
      addHosts: (service.extra_hosts ?? []).map((host) => host.replace('=', ':')),
      ...(service.command === undefined || service.command === null ? {} : { command: service.command }),
      ...(service.entrypoint === undefined || service.entrypoint === null
        ? {}
        : { entrypoint: service.entrypoint }),
      ...(service.user === undefined ? {} : { user: String(service.user) }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(workdir === undefined ? {} : { workdir }),
      ...(service.shm_size === undefined ? {} : { shmSizeBytes: service.shm_size }),
      ...(stopSignal === undefined ? {} : { stopSignal }),
      ...(service.read_only === undefined ? {} : { readOnly: service.read_only }),
      ...(tmpfs.length === 0 ? {} : { tmpfs }),
      ...(service.dns === undefined ? {} : { dns: service.dns }),
      ...(service.dns_search === undefined ? {} : { dnsSearch: service.dns_search }),
      ...(service.sysctls === undefined ? {} : { sysctls: service.sysctls }),
    },
    ...(readiness === undefined ? {} : { readiness }),
    readinessTimeoutMs: patienceOf(service.healthcheck),
    after: Object.keys(service.depends_on ?? {}),
    ...(files.files.length === 0 ? {} : { files: files.files }),
  };
}

async function environmentOf(
  name: string,
  service: ServiceForm,
  context: ServiceContext,
): Promise<readonly string[]> {
  const variables: string[] = [];
  for (const [index, { path, required }] of (service.env_file ?? []).entries()) {
    const lines = await context.readEnvironment(path);
    if (lines === undefined && required)
      throw context.fault(['services', name, 'env_file', index], `there is no file ${path}`);
    variables.push(...(lines ?? []));
  }
  return [...variables, ...(service.environment ?? []).flatMap((one) => context.expand(one))];
}

function renderPort(port: NonNullable<ServiceForm['ports']>[number]): string {
  if (typeof port !== 'object') return String(port);
  const protocol = port.protocol === undefined ? '' : `/${port.protocol}`;
  const host = [port.host_ip, port.published].filter((part) => part !== undefined).join(':');
  return host === '' ? `${port.target}${protocol}` : `${host}:${port.target}${protocol}`;
}

/** Names by which others of the file find it, beside its own. */
function aliasesOf({ container_name: containerName, networks }: ServiceForm): readonly string[] {
  const named = Array.isArray(networks) ? [] : Object.values(networks ?? {});
  const aliases = named.flatMap((network) => network?.aliases ?? []);
  return [...new Set([...(containerName === undefined ? [] : [containerName]), ...aliases])];
}

function readinessOfHealthcheck(check: ServiceForm['healthcheck']): ReadinessCheck | undefined {
  if (check?.test === undefined || check.disable === true) return undefined;
  if (typeof check.test === 'string') return { kind: 'exec', command: check.test };
  const [form, ...words] = check.test;
  if (form === 'CMD-SHELL' && words[0] !== undefined) return { kind: 'exec', command: words[0] };
  return form === 'CMD' && words.length > 0 ? { kind: 'exec', command: words } : undefined;
}

/** How long its own health check would have gone on, and a minute at least. */
function patienceOf(check: ServiceForm['healthcheck']): number {
  const intervalMs = parseDurationMs(check?.interval ?? '') ?? healthDefaults.intervalMs;
  const retries = Number(check?.retries ?? healthDefaults.retries) || healthDefaults.retries;
  const startMs = parseDurationMs(check?.start_period ?? '') ?? 0;
  return Math.max(leastPatienceMs, startMs + retries * intervalMs);
}
