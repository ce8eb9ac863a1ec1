import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import type { Probe } from '../model/scenario.ts';
import { type ActivityWatch, watchActivity } from './activity.ts';
import { askAgain } from './ask-again.ts';
import { healthcheckCommand } from './probes/exec/command.ts';
import { detectProtocol } from './probes/http/detect-protocol.ts';
import { type HttpPort, originOf } from './probes/http/http-port.ts';
import { isAnswered } from './probes/http/index.ts';
import type { ProbeOf } from './probes/probe.ts';
import { probeRunners } from './probes/probe-runners.ts';
import { reachablePorts } from './readiness.ts';
import type { RunningContainer } from './running-container.ts';
import type { Session } from './session-model.ts';

/** How long further exposed ports may take once the first one answers, while the application works. */
const latePortsMs = 1000;
/** Without any work for this long, nothing more is going to start. */
const quietLimitMs = 150;
const pollMs = 20;

/**
 * Runs every probe of the scenario against a running application: those of HTTP on each port that speaks it, one port
 * after the other, then the commands, then the image's health check. The order of the answers is that of the probes.
 * Stops early, with the answers so far, when the application ends.
 */
export async function runProbes(
  session: Session,
  running: RunningContainer,
  ready: readonly number[],
): Promise<readonly Answer[]> {
  const { ports, scenario } = session;
  const http = scenario.probes.filter((probe) => probe.kind !== 'exec');
  const answers: Answer[] = [];
  const spoken: HttpPort[] = [];
  if (http.length > 0) {
    const activity = watchActivity(running.hostPid);
    const firstAt = performance.now();
    for (const port of ready) answers.push(...(await probePort(session, running, port, http, spoken)));
    for (const port of await latePorts(session, running, ready, { activity, firstAt })) {
      answers.push(...(await probePort(session, running, port, http, spoken)));
    }
    if (ports.ports.length > 0 && spoken.length === 0) refuseAskedFor(http, ports.ports);
  }
  for (const probe of commandProbes(session)) answers.push(...(await runCommand(session, running, probe)));
  if (!session.askTwice || running.exitCode() !== undefined) return answers;
  session.stage.update('asking a second time');
  return askAgain(answers, spoken, { timeoutMs: scenario.probeTimeoutMs, signal: session.signal });
}

async function probePort(
  session: Session,
  running: RunningContainer,
  number: number,
  probes: readonly Exclude<Probe, { kind: 'exec' }>[],
  spoken: HttpPort[],
): Promise<readonly Answer[]> {
  const port = await openPort(session, running, number);
  if (port === undefined) return [];
  spoken.push(port);
  const answers: Answer[] = [...port.fetched.values()].map(({ answer }) => answer);
  const context = { port, timeoutMs: session.scenario.probeTimeoutMs, signal: session.signal };
  for (const probe of probes) {
    if (running.exitCode() !== undefined) break;
    if (probe.kind === 'http' && isAnswered(probe, port)) continue;
    const runner = probeRunners[probe.kind] as (typeof probeRunners)['http'];
    if (runner.needs !== 'http-port') continue;
    const asked = probe as ProbeOf<'http'>;
    const title = runner.title(asked, port);
    session.stage.update(title);
    session.log.beginProbe(title);
    answers.push(...(await runner.run(asked, context)));
  }
  return answers;
}

/** Finds out what a port speaks by asking it for its front page. */
async function openPort(
  session: Session,
  running: RunningContainer,
  number: number,
): Promise<HttpPort | undefined> {
  const { log, progress, scenario, signal, stage } = session;
  const address = running.address(number);
  if (address === undefined) {
    progress.warn(`port ${number} is not published: it is not probed`);
    return undefined;
  }
  const title = `GET ${originOf({ scheme: 'http', port: number })}/`;
  stage.update(title);
  log.beginProbe(title);
  const readyBy = performance.now() + scenario.readinessTimeoutMs;
  const detection = await detectProtocol(
    number,
    address,
    { timeoutMs: scenario.probeTimeoutMs, signal },
    readyBy,
  );
  if (detection.kind === 'other') {
    progress.note(
      `port ${number} speaks neither HTTP nor HTTPS (${detection.reason}): it is not probed further`,
    );
    return undefined;
  }
  return { target: detection.target, fetched: new Map([['/', detection.first]]) };
}

interface LateWait {
  readonly activity: ActivityWatch;
  readonly firstAt: number;
}

/**
 * Exposed ports that were not ready with the first: they get until a second after it, counting the time of its probes,
 * or until the application has come to rest.
 */
async function latePorts(
  session: Session,
  running: RunningContainer,
  ready: readonly number[],
  { activity, firstAt }: LateWait,
): Promise<readonly number[]> {
  const missing = session.ports.ports.filter((port) => !ready.includes(port));
  for (;;) {
    if (missing.length === 0 || running.exitCode() !== undefined) return [];
    const quietMs = await activity.quietMs();
    const reachable = await reachablePorts(running, missing);
    const late = missing.filter((port) => reachable.includes(port));
    if (late.length === missing.length) return late;
    if ((quietMs ?? 0) >= quietLimitMs || performance.now() - firstAt >= latePortsMs) {
      const silent = missing.filter((port) => !late.includes(port));
      session.progress.note(`nobody listens on port ${silent.join(', ')}, which the image exposes`);
      return late;
    }
    await Promise.race([delay(pollMs, undefined, { signal: session.signal }), running.ended]);
  }
}

/** `GET /` and the crawl are a try; anything else was asked for and must not be passed over in silence. */
function refuseAskedFor(probes: readonly Probe[], ports: readonly number[]): void {
  const asked = probes.find(
    (probe) =>
      probe.kind === 'http' && (probe.method !== 'GET' || probe.path !== '/' || probe.body !== undefined),
  );
  if (asked?.kind !== 'http') return;
  throw new PareError(
    'probe-failed',
    `${asked.method} ${asked.path}: port ${ports.join(', ')} does not speak HTTP`,
    {
      hint: 'name the port that does with --http-probe-port, or leave the request out',
    },
  );
}

/** The commands of the scenario and the image's health check. */
export function commandProbes(session: Session): readonly ProbeOf<'exec'>[] {
  const health = healthcheckCommand(session.config.config);
  const asked = session.scenario.probes.filter((probe) => probe.kind === 'exec');
  return health === undefined ? asked : [...asked, { kind: 'exec', command: health }];
}

async function runCommand(
  session: Session,
  running: RunningContainer,
  probe: ProbeOf<'exec'>,
): Promise<readonly Answer[]> {
  const runner = probeRunners.exec;
  if (runner.needs !== 'container' || running.exitCode() !== undefined) return [];
  const title = runner.title(probe);
  session.stage.update(title);
  session.log.beginProbe(title);
  return runner.run(probe, {
    config: session.config.config,
    execute: (argv, abort) => running.execute(argv, abort),
    timeoutMs: session.scenario.probeTimeoutMs,
    signal: session.signal,
  });
}
