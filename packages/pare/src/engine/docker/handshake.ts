import { hostname, release } from 'node:os';
import type * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import type { EngineInfo } from '../../ports/container-engine.ts';
import type { ApiClient } from './client.ts';
import { type Endpoint, isOnThisMachine } from './endpoint.ts';
import type { StoreFacts } from './layer-places.ts';
import { infoSchema, versionSchema } from './schemas.ts';

/** Docker 20.10's. */
const oldestVersion = '1.41';
/** The newest whose changes were read; a newer engine is spoken to in this one. */
const newestVersion = '1.51';

export interface Handshake {
  /** Speaks the version that both sides know. */
  readonly client: ApiClient;
  readonly info: EngineInfo;
  readonly store: StoreFacts;
}

/**
 * Asks who is there and settles on a version of the API. Throws PareError `engine-failed` when the engine speaks none of
 * ours or runs no Linux containers, and what the calls throw.
 */
export async function shakeHands(
  anyVersion: ApiClient,
  endpoint: Endpoint,
  options: { readonly signal: AbortSignal | undefined; readonly deadlineMs: number },
): Promise<Handshake> {
  const call = { method: 'GET', doing: 'asking the engine for its version', ...options } as const;
  const { headers } = await anyVersion.status({ ...call, path: '/_ping' });
  const version = await anyVersion.json(versionSchema, { ...call, path: '/version' });
  const pinged = headers['api-version'];
  const theirs = typeof pinged === 'string' && /^\d+\.\d+$/.test(pinged) ? pinged : version.ApiVersion;
  const apiVersion = chooseVersion(theirs, version.MinAPIVersion ?? undefined);
  const client = anyVersion.withVersion(apiVersion);
  const facts = await client.json(infoSchema, {
    ...call,
    path: '/info',
    doing: 'asking the engine about itself',
  });
  const os = facts.OSType ?? version.Os ?? 'linux';
  if (os !== 'linux')
    throw new PareError('engine-failed', `the engine runs ${os} containers, not Linux ones`);
  const podman = version.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;
  const kernel = facts.KernelVersion ?? version.KernelVersion ?? '';
  const local = isOnThisMachine(endpoint) && kernel === release() && facts.Name === hostname();
  return {
    client,
    info: {
      kind: podman ? 'podman' : 'docker',
      name: facts.Name ?? '',
      version: version.Version,
      apiVersion,
      architecture: imageArchitecture(version.Arch ?? facts.Architecture ?? ''),
      kernel,
      operatingSystem: facts.OperatingSystem ?? '',
      local,
      ...unlimitedOf(facts),
    },
    store: {
      local,
      driver: storeDriver(facts.Driver ?? 'unknown', facts.DriverStatus ?? []),
      rootDirectory: facts.DockerRootDir ?? undefined,
    },
  };
}

/** The newest version that both know. Throws PareError `engine-failed`. */
export function chooseVersion(theirs: string, theirOldest: string | undefined): string {
  if (compareVersions(theirs, oldestVersion) < 0) {
    throw new PareError('engine-failed', `the engine's API is ${theirs}; Pare needs ${oldestVersion}`, {
      hint: 'update the engine: Docker 20.10 or newer, or Podman 4 or newer',
    });
  }
  if (theirOldest !== undefined && compareVersions(theirOldest, newestVersion) > 0) {
    throw new PareError(
      'engine-failed',
      `the engine's oldest API is ${theirOldest}; Pare knows up to ${newestVersion}`,
      {
        hint: 'update Pare, or set DOCKER_MIN_API_VERSION for the engine',
      },
    );
  }
  return compareVersions(theirs, newestVersion) < 0 ? theirs : newestVersion;
}

function compareVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

/** What the engine says that it cannot limit; Docker itself takes such a limit and does nothing. */
function unlimitedOf(facts: v.InferOutput<typeof infoSchema>): Pick<EngineInfo, 'unlimited'> {
  const why = 'the engine says that its kernel or cgroups do not allow it';
  const unlimited = {
    ...(facts.MemoryLimit === false ? { memory: why } : {}),
    ...(facts.CpuCfsQuota === false ? { cpus: why } : {}),
    ...(facts.PidsLimit === false ? { pids: why } : {}),
  };
  return Object.keys(unlimited).length === 0 ? {} : { unlimited };
}

/** With containerd's store, `Driver` is a snapshotter; its layers are not where Docker's own driver has them. */
function storeDriver(driver: string, status: readonly (readonly unknown[])[]): string {
  const snapshotter = status.some(
    ([key, value]) => key === 'driver-type' && String(value).includes('snapshotter'),
  );
  return snapshotter ? `containerd's ${driver}` : driver;
}

/** `uname -m` in the image spec's words (Go's GOARCH), as `/info` gives one and `/version` the other. */
function imageArchitecture(machine: string): string {
  const names: Readonly<Record<string, string>> = {
    x86_64: 'amd64',
    aarch64: 'arm64',
    i686: '386',
    i386: '386',
    armv7l: 'arm',
    armv6l: 'arm',
  };
  return names[machine] ?? machine;
}
