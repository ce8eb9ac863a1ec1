#!/usr/bin/env node
/**
 * Where the time of `pare build` goes, sample by sample and engine by engine, beside a peer's when one is on PATH.
 * `--help` says what it takes.
 *
 * Engines: docker (the default, and where the sample images come from), embedded, rootless, podman. Several are built on in turn,
 * round by round, so that a slow minute of the machine is shared; before the first round each builds once, unmeasured, so that
 * layers are unpacked and caches warm. Samples: those with a recorded time of the tool we succeed, or, with several engines, all.
 *
 * Ends with 1 when a budget is missed: the slowest round on docker took more than a quarter of the peer's time, or the median of the
 * embedded engine is more than half of docker's.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, runCommand } from '../samples/run-command.ts';
import { readCommandLine, refuse } from '../scripts/command-line.ts';
import { findPeer, type Peer, peerArguments } from './peer.ts';
import {
  allSamples,
  openSampleEngine,
  pare,
  parseEngines,
  run,
  type SampleEngine,
  type SampleEngineName,
  sampleEngines,
} from './sample-engine.ts';

const repository = join(import.meta.dirname, '..');
const peerBudget = 0.25;
const embeddedBudget = 0.5;
const usage = {
  text: `usage: bench/build.ts [--engine NAME,…] [--rounds N] [SAMPLE…]
Measures 'pare build', sample by sample, on each engine in turn, round by round (3), beside a peer that is on PATH.
NAME is one of ${sampleEngines.join(', ')}; docker when left out.
SAMPLE is one of ${allSamples.join(', ')}; when left out, those with a recorded time, or with several engines all.
`,
  options: {
    engine: { type: 'string', default: 'docker' },
    rounds: { type: 'string', default: '3' },
  },
  names: allSamples,
} as const;

interface Report {
  readonly fat: { readonly sizeBytes: number };
  readonly slim: { readonly sizeBytes: number };
  readonly timings: readonly {
    readonly stage: string;
    readonly startMs: number;
    readonly elapsedMs: number;
  }[];
  readonly totalMs: number;
}

interface Round {
  /** From the start of the process to its end, as a user would wait. */
  readonly wallMs: number;
  readonly report: Report;
}

interface PeerRound {
  readonly wallMs: number;
  readonly sizeBytes: number;
}

interface RecordedPeer {
  readonly observedMB: number;
  readonly seconds: number;
}

const readJson = async <Value>(...path: readonly string[]): Promise<Value> =>
  JSON.parse(await readFile(join(repository, ...path), 'utf8')) as Value;

async function timed(argv: readonly string[]): Promise<number> {
  const start = performance.now();
  await run(argv);
  return performance.now() - start;
}

/** One build with verification; rounds of one engine share its cache. */
async function buildOnce(engine: SampleEngine, sample: string, scenario: readonly string[]): Promise<Round> {
  const tag = `pare-bench/${sample}:${process.pid}`;
  const artifacts = join(engine.directory, 'artifacts');
  const options = ['--tag', tag, '--artifacts', artifacts, ...scenario];
  try {
    const wallMs = await timed([...engine.command, 'build', ...options, engine.imageOf(sample)]);
    return { wallMs, report: JSON.parse(await readFile(join(artifacts, 'report.json'), 'utf8')) as Report };
  } finally {
    await engine.forget(tag);
  }
}

async function peerOnce(peer: Peer, name: string, scenario: readonly string[]): Promise<PeerRound> {
  const tag = `pare-bench/${name}-peer:${process.pid}`;
  const directory = await mkdtemp(join(tmpdir(), 'pare-bench-peer-'));
  try {
    const image = `pare-samples/${name}:latest`;
    const wallMs = await timed([peer.path, ...peerArguments(peer, image, tag, scenario, directory)]);
    return { wallMs, sizeBytes: Number(await docker('image', 'inspect', '--format', '{{.Size}}', tag)) };
  } finally {
    await runCommand(['docker', 'image', 'rm', tag]);
    await rm(directory, { recursive: true, force: true });
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One line a stage, with a bar from its start to its end: stages overlap. */
function renderStages({ report }: Round): string {
  const width = 40;
  const position = (ms: number) => Math.round((ms / report.totalMs) * width);
  return [...report.timings]
    .sort((a, b) => a.startMs - b.startMs)
    .map(({ stage, startMs, elapsedMs }) => {
      const bar =
        ' '.repeat(position(startMs)) +
        '█'.repeat(Math.max(1, position(startMs + elapsedMs) - position(startMs)));
      return `  ${stage.padEnd(12)}${seconds(elapsedMs).padStart(9)}  ${bar}`;
    })
    .join('\n');
}

interface Bench {
  readonly engines: readonly SampleEngine[];
  readonly rounds: number;
  readonly peer: Peer | undefined;
  readonly recorded: Readonly<Record<string, RecordedPeer>>;
}

/** Benches one sample and prints it; gives whether it kept within the budgets that can be told. */
async function benchSample(sample: string, bench: Bench): Promise<boolean> {
  const { engines, rounds, peer } = bench;
  const scenario = await readJson<string[]>('samples', sample, 'scenario.json');
  for (const engine of engines) await engine.bring(sample);
  if (engines.length > 1) for (const engine of engines) await buildOnce(engine, sample, scenario);
  const ours = new Map<SampleEngine, Round[]>(engines.map((engine) => [engine, []]));
  const theirs: PeerRound[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [engine, done] of ours) done.push(await buildOnce(engine, sample, scenario));
    if (peer !== undefined) theirs.push(await peerOnce(peer, sample, scenario));
  }
  const medians = new Map<SampleEngineName, number>();
  for (const [{ name }, done] of ours) medians.set(name, renderRounds(sample, name, done));
  const docker = [...ours].find(([{ name }]) => name === 'docker')?.[1];
  const withinPeer = docker === undefined || comparePeer(sample, docker, theirs, bench);
  return compareEngines(medians) && withinPeer;
}

/** Prints what one engine took, and the stages of its median round; gives the median. */
function renderRounds(sample: string, engine: SampleEngineName, done: readonly Round[]): number {
  const typicalMs = median(done.map((round) => round.wallMs));
  const typical = done.find((round) => round.wallMs === typicalMs);
  if (typical === undefined) throw new Error('there were no rounds');
  const { fat, slim } = typical.report;
  const times = done.map((round) => seconds(round.wallMs)).join(', ');
  console.log(`\n${sample} on ${engine}: ${megabytes(fat.sizeBytes)} → ${megabytes(slim.sizeBytes)}`);
  console.log(`  wall time   ${times}, median ${seconds(typicalMs)}`);
  console.log(renderStages(typical));
  return typicalMs;
}

/** Prints every engine's time as a ratio to docker's; gives whether the embedded one kept within its budget. */
function compareEngines(medians: ReadonlyMap<SampleEngineName, number>): boolean {
  const docker = medians.get('docker');
  let within = true;
  for (const [name, ms] of medians) {
    if (docker === undefined || name === 'docker') continue;
    const ratio = `  ${name}/docker: ${(ms / docker).toFixed(3)}`;
    if (name !== 'embedded') {
      console.log(ratio);
      continue;
    }
    within = ms <= docker * embeddedBudget;
    console.log(`${ratio}, the budget is ${embeddedBudget}: ${within ? 'within' : 'OVER'}`);
  }
  return within;
}

function comparePeer(
  sample: string,
  ours: readonly Round[],
  theirs: readonly PeerRound[],
  { peer, recorded }: Bench,
): boolean {
  const recordedMs = (recorded[sample]?.seconds ?? Number.NaN) * 1000;
  const peerMs = theirs.length > 0 ? median(theirs.map((round) => round.wallMs)) : recordedMs;
  if (Number.isNaN(peerMs)) return true;
  const slowestMs = Math.max(...ours.map((round) => round.wallMs));
  const source =
    theirs.length > 0
      ? `${peer?.name} beside it, to ${megabytes(theirs[0]?.sizeBytes ?? 0)}`
      : 'recorded of the tool we succeed';
  const within = slowestMs <= peerMs * peerBudget;
  console.log(
    `  ${source}: ${seconds(peerMs)}; the slowest round on docker took ${(slowestMs / peerMs).toFixed(3)} of it, the budget is ${peerBudget}: ${within ? 'within' : 'OVER'}`,
  );
  return within;
}

const { values, names: words } = readCommandLine(usage);
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a number above 0', usage);
const wanted = parseEngines(values.engine) ?? refuse(`--engine does not take ${values.engine}`, usage);
const recorded = await readJson<Record<string, RecordedPeer>>('samples', 'recorded-peer.json');
const usual = wanted.length > 1 ? allSamples : Object.keys(recorded);
const peer = findPeer(process.env.PATH ?? '');
console.log(
  peer === undefined
    ? 'No peer (mint, docker-slim, slim) is on PATH: recorded times are shown.'
    : `Peer: ${peer.path}`,
);

// What a user's first command pays once is no part of a build: the bundle of the checkout.
await run([pare, '--version']);
await using stack = new AsyncDisposableStack();
const engines: SampleEngine[] = [];
for (const name of wanted) engines.push(stack.use(await openSampleEngine(name)));
let within = true;
for (const sample of words.length > 0 ? words : usual)
  within = (await benchSample(sample, { engines, rounds, peer, recorded })) && within;
process.exitCode = within ? 0 : 1;
