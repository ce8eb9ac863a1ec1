#!/usr/bin/env node
/**
 * Where the time of `pare build` goes, sample by sample, beside a peer's when one is on PATH.
 * Usage: bench/build.ts [--rounds N] [NAME…]; without names: those with a recorded time of the tool we succeed.
 * Ends with 1 when a build took more than a quarter of the peer's time.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, runCommand } from '../samples/run-command.ts';
import { findPeer, type Peer, peerArguments } from './peer.ts';

const repository = join(import.meta.dirname, '..');
const budget = 0.25;

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

/** Runs a program to its end and gives the wall time. Throws with its output when it fails. */
async function timed(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const start = performance.now();
  const { exitCode, stdout, stderr } = await runCommand(['env', ...assignments, ...argv]);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}\n${stdout}${stderr}`);
  return performance.now() - start;
}

/** One build with verification. `directory` holds its artifacts and the cache that the rounds share: the first is cold. */
async function buildOnce(name: string, scenario: readonly string[], directory: string): Promise<Round> {
  const tag = `pare-bench/${name}:${process.pid}`;
  const artifacts = join(directory, 'artifacts');
  const options = ['--tag', tag, '--artifacts', artifacts, ...scenario];
  try {
    const wallMs = await timed(
      [join(repository, 'bin/pare'), 'build', ...options, `pare-samples/${name}:latest`],
      {
        XDG_CACHE_HOME: join(directory, 'cache'),
      },
    );
    return { wallMs, report: JSON.parse(await readFile(join(artifacts, 'report.json'), 'utf8')) as Report };
  } finally {
    await runCommand(['docker', 'image', 'rm', tag]);
  }
}

async function peerOnce(
  peer: Peer,
  name: string,
  scenario: readonly string[],
  directory: string,
): Promise<PeerRound> {
  const tag = `pare-bench/${name}-peer:${process.pid}`;
  try {
    const argv = [
      peer.path,
      ...peerArguments(peer, `pare-samples/${name}:latest`, tag, scenario, join(directory, 'peer')),
    ];
    const wallMs = await timed(argv, {});
    return { wallMs, sizeBytes: Number(await docker('image', 'inspect', '--format', '{{.Size}}', tag)) };
  } finally {
    await runCommand(['docker', 'image', 'rm', tag]);
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

/** Benches one sample and prints it; gives whether it kept within the budget (true where no peer's time is known). */
async function benchSample(
  name: string,
  rounds: number,
  peer: Peer | undefined,
  recorded: RecordedPeer | undefined,
): Promise<boolean> {
  const scenario = await readJson<string[]>('samples', name, 'scenario.json');
  const directory = await mkdtemp(join(tmpdir(), 'pare-bench-'));
  try {
    const ours: Round[] = [];
    const theirs: PeerRound[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await buildOnce(name, scenario, directory));
      // Interleaved, so that a slow minute of the machine is shared.
      if (peer !== undefined) theirs.push(await peerOnce(peer, name, scenario, directory));
    }
    const typicalMs = median(ours.map((round) => round.wallMs));
    const typical = ours.find((round) => round.wallMs === typicalMs) ?? ours[0];
    if (typical === undefined) throw new Error('there were no rounds');
    const { fat, slim } = typical.report;
    console.log(`\n${name}: ${megabytes(fat.sizeBytes)} → ${megabytes(slim.sizeBytes)}`);
    console.log(
      `  wall time   ${ours.map((round) => seconds(round.wallMs)).join(', ')} (the first with a cold cache), median ${seconds(typicalMs)}`,
    );
    console.log(renderStages(typical));
    const peerMs =
      theirs.length > 0
        ? median(theirs.map((round) => round.wallMs))
        : (recorded?.seconds ?? Number.NaN) * 1000;
    if (Number.isNaN(peerMs)) return true;
    const slowestMs = Math.max(...ours.map((round) => round.wallMs));
    const source =
      theirs.length > 0
        ? `${peer?.name} beside it, to ${megabytes(theirs[0]?.sizeBytes ?? 0)}`
        : 'recorded of the tool we succeed';
    const within = slowestMs <= peerMs * budget;
    console.log(
      `  ${source}: ${seconds(peerMs)}; the slowest round took ${(slowestMs / peerMs).toFixed(3)} of it, the budget is ${budget}: ${within ? 'within' : 'OVER'}`,
    );
    return within;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const words = process.argv.slice(2);
const flag = words.indexOf('--rounds');
const rounds = flag === -1 ? 3 : Number(words.splice(flag, 2)[1]);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number above 0');
const recordedPeer = await readJson<Record<string, RecordedPeer>>('samples', 'recorded-peer.json');
const names = words.length > 0 ? words : Object.keys(recordedPeer);
const peer = findPeer(process.env.PATH ?? '');
console.log(
  peer === undefined
    ? 'No peer (mint, docker-slim, slim) is on PATH: recorded times are shown.'
    : `Peer: ${peer.path}`,
);

// What a user's first command pays once is no part of a build: the bundle of the checkout.
await timed([join(repository, 'bin/pare'), '--version'], {});
let within = true;
for (const name of names) within = (await benchSample(name, rounds, peer, recordedPeer[name])) && within;
process.exitCode = within ? 0 : 1;
