import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../../model/observation.ts';
import { type ActivityWatch, watchActivity } from '../container/activity.ts';
import type { RunningContainer } from '../container/running-container.ts';
import { detectProtocol } from '../probes/http/detect-protocol.ts';
import { type Fetched, type HttpPort, originOf } from '../probes/http/http-port.ts';
import { isAnswered } from '../probes/http/index.ts';
import type { HttpProbe, ProbeOf } from '../probes/probe.ts';
import { probeRunners } from '../probes/probe-runners.ts';
import { reachablePorts } from '../readiness/reachable-ports.ts';
import { markAsked } from './asked-answers.ts';
import type { Session } from './session-model.ts';
import { stepsOf } from './session-steps.ts';

/** How long further exposed ports may take once the first one answers, while the application works. */
const latePortsMs = 1000;
/** Without any work for this long, nothing more is going to start. */
const quietLimitMs = 150;
const pollMs = 20;

/** The ports of one session that speak HTTP, found out with the first probe that needs them. */
export interface HttpPorts {
  readonly spoken: readonly HttpPort[];
  /** Runs probes on each port that they are meant for, one port after the other. */
  run(probes: readonly HttpProbe[]): Promise<readonly Answer[]>;
}

/** `all` are the probes of the whole session that speak HTTP. */
export function openHttpPorts(
  session: Session,
  running: RunningContainer,
  ready: readonly number[],
  all: readonly HttpProbe[],
): HttpPorts {
  const spoken: HttpPort[] = [];
  let opened = false;
  const wanted = (port: number) => all.some((probe) => probe.port === undefined || probe.port === port);

  async function openAndRun(probes: readonly HttpProbe[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const begin = async (number: number) => {
      if (!wanted(number)) return;
      const port = await openPort(session, running, number, all);
      if (port === undefined) return;
      spoken.push(port);
      answers.push(...askedByDetection(port, all), ...(await probePort(session, running, port, probes)));
    };
    const activity = watchActivity(running.hostPid);
    const firstAt = performance.now();
    for (const port of ready) await begin(port);
    for (const port of await latePorts(session, running, ready, { activity, firstAt })) await begin(port);
    return answers;
  }

  return {
    spoken,
    async run(probes) {
      const answers: Answer[] = [];
      if (opened) {
        for (const port of spoken) answers.push(...(await probePort(session, running, port, probes)));
      } else {
        opened = true;
        answers.push(...(await openAndRun(probes)));
      }
      return [...answers, ...unheard(probes, spoken, session)];
    },
  };
}

async function probePort(
  session: Session,
  running: RunningContainer,
  port: HttpPort,
  probes: readonly HttpProbe[],
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const steps = stepsOf(session);
  const context = { port, steps, timeoutMs: session.scenario.probeTimeoutMs, signal: session.signal };
  for (const probe of probes) {
    if (running.exitCode() !== undefined) break;
    if (probe.port !== undefined && probe.port !== port.target.port) continue;
    if (probe.kind === 'http' && isAnswered(probe, port)) continue;
    // The runner is that of the probe's own kind, which the compiler cannot follow.
    const runner = probeRunners[probe.kind] as (typeof probeRunners)['http'];
    if (runner.needs !== 'http-port') continue;
    const asked = probe as ProbeOf<'http'>;
    if (runner.stepwise !== true) steps.begin(runner.title(asked, port));
    answers.push(...markAsked(probe, await runner.run(asked, context)));
  }
  return answers;
}

/** Finds out what a port speaks by asking it for the first page that is wanted of it. */
async function openPort(
  session: Session,
  running: RunningContainer,
  number: number,
  probes: readonly HttpProbe[],
): Promise<HttpPort | undefined> {
  const { progress, scenario, signal } = session;
  const address = running.address(number);
  if (address === undefined) {
    progress.warn(`port ${number} is not published: it is not probed`);
    return undefined;
  }
  const [path = '/', ...others] = firstPaths(probes);
  const title = `GET ${originOf({ scheme: 'http', port: number })}${path}`;
  stepsOf(session).begin(title);
  const readyBy = performance.now() + scenario.readinessTimeoutMs;
  const limits = { timeoutMs: scenario.probeTimeoutMs, signal };
  let detection = await detectProtocol(number, address, limits, { path, readyBy });
  for (const other of others) {
    if (detection.kind === 'other')
      detection = await detectProtocol(number, address, limits, { path: other, readyBy });
  }
  if (detection.kind === 'other') {
    progress.note(
      `port ${number} speaks neither HTTP nor HTTPS (${detection.reason}): it is not probed further`,
    );
    return undefined;
  }
  return { target: detection.target, fetched: new Map([[pathOf(detection.first), detection.first]]) };
}

/** The page that the first plain request asks for, since a front page that nobody asked for may well fail; else that. */
function firstPaths(probes: readonly HttpProbe[]): readonly string[] {
  const plain = probes.find(
    (probe) => probe.kind === 'crawl' || (probe.kind === 'http' && probe.method === 'GET'),
  );
  return plain === undefined || plain.kind === 'openapi' ? ['/'] : [...new Set([plain.path, '/'])];
}

function pathOf({ answer }: Fetched): string {
  return answer.url.slice(answer.url.indexOf('/', answer.url.indexOf('://') + 3));
}

/** What was asked to find out what a port speaks is an answer where a probe asks the same. */
function askedByDetection(port: HttpPort, probes: readonly HttpProbe[]): readonly Answer[] {
  const asked = probes.some(
    (probe) => probe.kind === 'crawl' || (probe.kind === 'http' && isAnswered(probe, port)),
  );
  return asked ? [...port.fetched.values()].map(({ answer }) => answer) : [];
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
    const quietMs = activity.quietMs();
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

/**
 * Probes that no port could answer, because none of those that they are meant for speaks HTTP. `GET /` and the crawl are a
 * try; anything else was asked for and must not be passed over in silence.
 */
function unheard(
  probes: readonly HttpProbe[],
  spoken: readonly HttpPort[],
  session: Session,
): readonly Answer[] {
  return probes.flatMap((probe): readonly Answer[] => {
    const heard = spoken.some(({ target }) => probe.port === undefined || probe.port === target.port);
    if (heard || session.ports.ports.length === 0 || !wasAskedFor(probe)) return [];
    const ports = probe.port === undefined ? session.ports.ports : [probe.port];
    const port = ports[0];
    const origin = originOf({ scheme: 'http', port: port ?? 80 });
    const what =
      probe.kind === 'http' ? `${probe.method} ${origin}${probe.path}` : `${probe.kind} of ${origin}`;
    const message = `port ${ports.join(', ')} does not speak HTTP`;
    return [{ kind: 'failed', probe: what, port, message, unmet: [message] }];
  });
}

function wasAskedFor(probe: HttpProbe): boolean {
  if (probe.port !== undefined || probe.kind === 'openapi') return true;
  if (probe.kind === 'crawl') return false;
  return (
    probe.method !== 'GET' || probe.path !== '/' || probe.body !== undefined || probe.expect !== undefined
  );
}
