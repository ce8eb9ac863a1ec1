import type { RunConfig } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { Scenario } from '../../model/scenario.ts';

/** The TCP ports that a session publishes and probes, in the order of their numbers unless the user gave an order. */
export interface PortPlan {
  readonly ports: readonly number[];
  /** Whether the user named them: then each must be listened on. Exposed ones often are not all in use. */
  readonly required: boolean;
  /** Those that single probes name: each must be listened on, also where the others need not. Undefined: none. */
  readonly awaited?: readonly number[];
}

/** What of a scenario says which ports matter. */
export type PortWishes = Pick<Scenario, 'ports' | 'run' | 'withoutPorts' | 'readiness'> &
  Partial<Pick<Scenario, 'probes'>>;

/**
 * Ports of the scenario, else those that the image and the run options expose or publish; and those that its probes and its
 * readiness name. UDP has no probe.
 */
export function planPorts(config: RunConfig, scenario: PortWishes): PortPlan {
  const awaited = namedPorts(scenario);
  const withAwaited = awaited.length === 0 ? {} : { awaited };
  if (scenario.ports.length > 0)
    return { ports: [...new Set([...scenario.ports, ...awaited])], required: true, ...withAwaited };
  const exposed =
    scenario.withoutPorts === true
      ? []
      : [
          ...Object.keys(config.ExposedPorts ?? {}),
          ...scenario.run.expose,
          ...scenario.run.publish.map(containerPart),
        ];
  const ports = [...exposed.flatMap(parsePortSpec), ...awaited];
  return { ports: [...new Set(ports)].sort((a, b) => a - b), required: false, ...withAwaited };
}

function namedPorts({ probes = [], readiness }: PortWishes): readonly number[] {
  const ports = [...probes, readiness].flatMap((one) =>
    one !== undefined && 'port' in one && one.port !== undefined ? [one.port] : [],
  );
  return [...new Set(ports)];
}

/** `[[ip:]hostPort:]containerPort[/protocol]` without what is the host's; an IPv6 address is in brackets. */
function containerPart(publish: string): string {
  return publish.slice(publish.lastIndexOf(':') + 1);
}

/** `port[/protocol]`, or a range `first-last[/protocol]`, as docker reads it. */
function parsePortSpec(spec: string): readonly number[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(spec);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65_535 || last < first) {
    throw new PareError('usage', `${spec}: not a port`, {
      hint: 'write it as port[/protocol], for example 8080/tcp',
    });
  }
  if ((match[3] ?? 'tcp').toLowerCase() !== 'tcp') return [];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
