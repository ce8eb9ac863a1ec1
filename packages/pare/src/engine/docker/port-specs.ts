import { PareError } from '../../model/pare-error.ts';

/** One published port as the Engine API has it. */
export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** Ports of a container: which it exposes, and which are published where. Keys are `port/protocol`. */
export interface PortMap {
  readonly exposed: readonly string[];
  readonly bindings: Readonly<Record<string, readonly PortBinding[]>>;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const protocols = ['tcp', 'udp', 'sctp'];

/**
 * Parses `docker run -p`: `[[ip:][hostPort[-last]]:]containerPort[-last][/protocol]`, an IPv6 address in brackets.
 * Throws PareError `usage`.
 */
export function parsePublish(
  spec: string,
): readonly { readonly port: string; readonly binding: PortBinding }[] {
  const { rest, protocol } = splitProtocol(spec);
  // The address may hold colons, so the two ports are taken from the end.
  const match = /^(?:(?:(\[[^\]]*\]|[^:]*):)?([\d-]*):)?([\d-]+)$/.exec(rest);
  if (match === null) throw badPort(spec);
  const [, address = '', hostPart = '', containerPart = ''] = match;
  const container = parseRange(containerPart, spec);
  const host = hostPart === '' ? undefined : parseRange(hostPart, spec);
  const hostIp = address.replace(/^\[(.*)\]$/, '$1');
  const count = container.last - container.first + 1;
  if (host !== undefined && host.last - host.first + 1 !== count && count !== 1) {
    throw badPort(spec, 'the two ranges are not of the same length');
  }
  return Array.from({ length: count }, (_, index) => ({
    port: `${container.first + index}/${protocol}`,
    binding: { HostIp: hostIp, HostPort: hostPort(host, index, count) },
  }));
}

/** A range of host ports for a single container port leaves the choice to the engine. */
function hostPort(host: PortRange | undefined, index: number, count: number): string {
  if (host === undefined) return '';
  if (count === 1 && host.last > host.first) return `${host.first}-${host.last}`;
  return String(host.first + index);
}

/** Parses `docker run --expose`: `port[-last][/protocol]`, into `port/protocol` each. Throws PareError `usage`. */
export function parseExpose(spec: string): readonly string[] {
  const { rest, protocol } = splitProtocol(spec);
  const range = parseRange(rest, spec);
  return Array.from(
    { length: range.last - range.first + 1 },
    (_, index) => `${range.first + index}/${protocol}`,
  );
}

/** Joins all that `publish`, `expose` and ports to be published on `loopbackAddress` say. */
export function planPorts(input: {
  readonly publish: readonly string[];
  readonly expose: readonly string[];
  readonly publishLoopback: readonly string[];
  readonly loopbackAddress: string;
}): PortMap {
  const exposed = new Set<string>();
  const bindings: Record<string, PortBinding[]> = {};
  const bind = (port: string, binding: PortBinding) => {
    exposed.add(port);
    bindings[port] = [...(bindings[port] ?? []), binding];
  };
  for (const { port, binding } of input.publish.flatMap(parsePublish)) bind(port, binding);
  for (const port of input.expose.flatMap(parseExpose)) exposed.add(port);
  for (const port of input.publishLoopback.flatMap(parseExpose)) {
    bind(port, { HostIp: input.loopbackAddress, HostPort: '' });
  }
  return { exposed: [...exposed], bindings };
}

function splitProtocol(spec: string): { readonly rest: string; readonly protocol: string } {
  const slash = spec.lastIndexOf('/');
  if (slash < 0) return { rest: spec, protocol: 'tcp' };
  const protocol = spec.slice(slash + 1).toLowerCase();
  if (!protocols.includes(protocol)) throw badPort(spec, `there is no protocol ${JSON.stringify(protocol)}`);
  return { rest: spec.slice(0, slash), protocol };
}

function parseRange(text: string, spec: string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) throw badPort(spec);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1 || last > 65_535 || last < first)
    throw badPort(spec, 'ports are 1 to 65535, the lower one first');
  return { first, last };
}

function badPort(spec: string, why = 'not a port mapping'): PareError {
  return new PareError('usage', `cannot publish or expose ${JSON.stringify(spec)}: ${why}`, {
    hint: 'write [[ip:]hostPort:]containerPort[/protocol], as for `docker run -p`',
  });
}
