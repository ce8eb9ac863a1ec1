import type { Answer } from '../../model/observation.ts';
import type { Probe } from '../../model/scenario.ts';
import type { RunningContainer } from '../container/running-container.ts';
import type { HostAddress } from '../probes/http/http-port.ts';
import type { HttpProbe, ProbeOf } from '../probes/probe.ts';
import { probeRunners } from '../probes/probe-runners.ts';
import { askAgain } from './ask-again.ts';
import { markAsked } from './asked-answers.ts';
import { healthProbe, runHealthCheck } from './health-check.ts';
import { openHttpPorts } from './http-probes.ts';
import type { Session } from './session-model.ts';
import { stepsOf } from './session-steps.ts';

/**
 * Runs every probe of the scenario against a running application in their order, then the image's health check. Probes of
 * HTTP that follow one another are run together on each port that speaks it, one port after the other. Stops early, with
 * the answers so far, when the application ends.
 */
export async function runProbes(
  session: Session,
  running: RunningContainer,
  ready: readonly number[],
): Promise<readonly Answer[]> {
  const { probes, probeTimeoutMs } = session.scenario;
  const http = openHttpPorts(session, running, ready, probes.filter(isHttp));
  const answers: Answer[] = [];
  for (const group of groupProbes(probes)) {
    if (running.exitCode() !== undefined) break;
    if (group.kind === 'http') answers.push(...(await http.run(group.probes)));
    else answers.push(...markAsked(group.probe, await runSingle(session, running, group.probe, ready)));
  }
  if (running.exitCode() === undefined) answers.push(...(await runHealthCheck(session, running)));
  if (!session.askTwice || running.exitCode() !== undefined) return answers;
  session.stage.update('asking a second time');
  return askAgain(answers, http.spoken, { timeoutMs: probeTimeoutMs, signal: session.signal });
}

/** Has loaded what the probes will need, while the application starts. */
export function prepareProbes(probes: readonly Probe[]): void {
  for (const kind of new Set(probes.map((probe) => probe.kind))) {
    const runner = probeRunners[kind];
    if (runner.needs === 'http-port') runner.prepare?.();
  }
}

type ProbeGroup =
  | { readonly kind: 'http'; readonly probes: readonly HttpProbe[] }
  | { readonly kind: 'single'; readonly probe: Exclude<Probe, HttpProbe> };

function isHttp(probe: Probe): probe is HttpProbe {
  return probeRunners[probe.kind].needs === 'http-port';
}

function groupProbes(probes: readonly Probe[]): readonly ProbeGroup[] {
  const groups: ProbeGroup[] = [];
  for (const probe of probes) {
    const last = groups.at(-1);
    if (!isHttp(probe)) groups.push({ kind: 'single', probe });
    else if (last?.kind === 'http')
      groups[groups.length - 1] = { kind: 'http', probes: [...last.probes, probe] };
    else groups.push({ kind: 'http', probes: [probe] });
  }
  return groups;
}

/** The commands of the scenario and the image's health check. */
export function commandProbes(session: Session): readonly ProbeOf<'exec'>[] {
  const health = healthProbe(session);
  const commands = session.scenario.probes.filter((probe) => probe.kind === 'exec');
  return health === undefined ? commands : [...commands, health];
}

async function runSingle(
  session: Session,
  running: RunningContainer,
  probe: Exclude<Probe, HttpProbe>,
  ready: readonly number[],
): Promise<readonly Answer[]> {
  const { config, scenario, signal } = session;
  const steps = stepsOf(session);
  const timeoutMs = scenario.probeTimeoutMs;
  // The runner is that of the probe's own kind, which the compiler cannot follow: one kind stands for each need.
  const runner = probeRunners[probe.kind];
  switch (runner.needs) {
    case 'container': {
      const { title, run } = runner as Extract<(typeof probeRunners)['exec'], { needs: 'container' }>;
      const asked = probe as ProbeOf<'exec'>;
      steps.begin(title(asked));
      const execute = (argv: readonly string[], abort: AbortSignal) => running.execute(argv, abort);
      return run(asked, { config: config.config, execute, timeoutMs, signal });
    }
    case 'address': {
      const {
        port: portOf,
        run,
        stepwise,
        title,
      } = runner as Extract<(typeof probeRunners)['tcp'], { needs: 'address' }>;
      const asked = probe as ProbeOf<'tcp'>;
      const port = portOf(asked) ?? ready[0];
      const address = port === undefined ? undefined : running.address(port);
      if (port === undefined || address === undefined) return [unreachable(probe, port)];
      if (stepwise !== true) steps.begin(title(asked, port));
      return run(asked, { address, port, steps, timeoutMs, signal });
    }
    case 'machine': {
      const { title, run } = runner as Extract<(typeof probeRunners)['host'], { needs: 'machine' }>;
      const asked = probe as ProbeOf<'host'>;
      steps.begin(title(asked));
      return run(asked, { addresses: addressesOf(session, running, ready), signal });
    }
    case 'http-port':
      return [];
  }
}

function unreachable(probe: Probe, port: number | undefined): Answer {
  const message =
    port === undefined ? 'the application listens on no port that is known' : `port ${port} is not published`;
  return { kind: 'failed', probe: `${probe.kind} probe`, port, message };
}

/** Ports that are listened on come first: the first of all is what a test suite is told. */
function addressesOf(
  { ports }: Session,
  running: RunningContainer,
  ready: readonly number[],
): ReadonlyMap<number, HostAddress> {
  const addresses = new Map<number, HostAddress>();
  for (const port of [...ready, ...ports.ports]) {
    const address = running.address(port);
    if (address !== undefined) addresses.set(port, address);
  }
  return addresses;
}
