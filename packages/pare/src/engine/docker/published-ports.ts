import type { PublishedPort } from '../../ports/container-engine.ts';

type ApiPorts = Readonly<
  Record<
    string,
    readonly { readonly HostIp?: string | null | undefined; readonly HostPort: string }[] | null | undefined
  >
>;

/**
 * Reads `NetworkSettings.Ports`. Ports published on all addresses are reached at `engineAddress`; `hostPorts`
 * (`port/protocol`) are those of a container that shares its host's network.
 */
export function parsePublishedPorts(
  ports: ApiPorts,
  engineAddress: string,
  hostPorts: readonly string[],
): readonly PublishedPort[] {
  const published = Object.entries(ports).flatMap(([key, bindings]) =>
    (bindings ?? []).flatMap((binding) => {
      const hostPort = Number(binding.HostPort);
      if (!Number.isInteger(hostPort) || hostPort < 1 || hostPort > 65_535) return [];
      return [{ ...splitPort(key), hostAddress: reachable(binding.HostIp ?? '', engineAddress), hostPort }];
    }),
  );
  const shared = hostPorts.map((port) => {
    const container = splitPort(port);
    return { ...container, hostAddress: engineAddress, hostPort: container.containerPort };
  });
  return [...published, ...shared];
}

function splitPort(key: string): Pick<PublishedPort, 'containerPort' | 'protocol'> {
  const [port = '', protocol = 'tcp'] = key.split('/');
  return { containerPort: Number(port), protocol };
}

/** Nothing can be connected to the unspecified address as such (though Linux allows it). */
function reachable(hostIp: string, engineAddress: string): string {
  if (hostIp === '' || hostIp === '0.0.0.0') return engineAddress;
  if (hostIp === '::') return engineAddress === '127.0.0.1' ? '::1' : engineAddress;
  return hostIp;
}
