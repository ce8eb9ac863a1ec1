#!/usr/bin/env node
/**
 * Builds samples on every engine and prints one table: whether the kept set, the slim image's digest and the verdict are docker's.
 * `--help` says what it takes.
 *
 * Engines: docker (always first: the others are compared with it), embedded, rootless (a user with subordinate IDs is made for it and
 * removed, which takes root), podman (a service of its own). One that cannot be had gets a row that says why. Times are of one build
 * each after an unmeasured one: bench/build.ts measures. Ends with 1 when something differs or failed.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommandLine, refuse } from '../scripts/command-line.ts';
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

const usage = {
  text: `usage: bench/engines.ts [--engine NAME,…] [SAMPLE…]
Builds samples on engines and prints whether kept set, digest and verdict are those of docker, which always comes first.
NAME is one of ${sampleEngines.join(', ')}; all when left out.
SAMPLE is one of ${allSamples.join(', ')}; all when left out.
`,
  options: { engine: { type: 'string', default: sampleEngines.join(',') } },
  names: allSamples,
} as const;

const repository = join(import.meta.dirname, '..');

interface Report {
  readonly engine: { readonly kind: string; readonly version: string };
  readonly fat: { readonly sizeBytes: number };
  readonly slim?: { readonly id: string; readonly sizeBytes: number };
  readonly verdict: { readonly passed: boolean; readonly compared: number };
  readonly plan: { readonly kept: readonly { readonly path: string }[] };
}

interface Outcome {
  /** SHA-256 of the sorted kept paths, one a line. */
  readonly kept: string;
  readonly paths: readonly string[];
  readonly report: Report;
  readonly seconds: number;
}

async function buildOn(engine: SampleEngine, sample: string): Promise<Outcome> {
  const scenario = JSON.parse(
    await readFile(join(repository, 'samples', sample, 'scenario.json'), 'utf8'),
  ) as readonly string[];
  const tag = `pare-bench/${sample}:${process.pid}`;
  const artifacts = join(engine.directory, 'artifacts');
  await engine.bring(sample);
  const build = async () => {
    const started = performance.now();
    await run([
      ...engine.command,
      'build',
      '--tag',
      tag,
      '--artifacts',
      artifacts,
      ...scenario,
      engine.imageOf(sample),
    ]);
    return (performance.now() - started) / 1000;
  };
  try {
    await build();
    const seconds = await build();
    const report = JSON.parse(await readFile(join(artifacts, 'report.json'), 'utf8')) as Report;
    const paths = report.plan.kept.map(({ path }) => path).sort();
    const kept = createHash('sha256').update(paths.join('\n')).digest('hex');
    return { kept, paths, report, seconds };
  } finally {
    await engine.forget(tag);
    await rm(artifacts, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '–' : (bytes / 1e6).toFixed(1));

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** What the one has and the other lacks, in short. */
function difference({ paths: all }: Outcome, { paths: wanted }: Outcome): string {
  const [here, there] = [new Set(all), new Set(wanted)];
  const more = all.filter((path) => !there.has(path));
  const fewer = wanted.filter((path) => !here.has(path));
  return [...more.slice(0, 3).map((path) => `+${path}`), ...fewer.slice(0, 3).map((path) => `-${path}`)].join(
    ' ',
  );
}

/** Prints one row; gives whether all is as on docker. */
function compare(sample: string, name: SampleEngineName, outcome: Outcome, docker: Outcome): boolean {
  const { report, kept, seconds } = outcome;
  const sameSet = kept === docker.kept;
  const sameImage = report.slim !== undefined && report.slim.id === docker.report.slim?.id;
  row([
    sample,
    `${name} ${report.engine.version}`,
    `${kept.slice(0, 12)}${sameSet ? '' : ` (${difference(outcome, docker)})`}`,
    `${report.slim?.id.slice(7, 19) ?? 'none'}${sameImage ? '' : ' (differs)'}`,
    `${report.verdict.passed ? 'passed' : 'failed'}, ${report.verdict.compared} compared`,
    `${megabytes(report.fat.sizeBytes)} → ${megabytes(report.slim?.sizeBytes)}`,
    seconds.toFixed(1),
  ]);
  return sameSet && sameImage && report.verdict.passed;
}

const { values, names: words } = readCommandLine(usage);
const asked = parseEngines(values.engine) ?? refuse(`--engine does not take ${values.engine}`, usage);
const names: readonly SampleEngineName[] = ['docker', ...asked.filter((name) => name !== 'docker')];
await run([pare, '--version']);
await using stack = new AsyncDisposableStack();
row(['sample', 'engine', 'kept set', 'slim image', 'verdict', 'MB', 's']);
row(['---', '---', '---', '---', '---', '---', '---']);
let same = true;
const references = new Map<string, Outcome>();
for (const name of names) {
  let engine: SampleEngine;
  try {
    engine = stack.use(await openSampleEngine(name));
  } catch (error) {
    row(['all', name, `cannot be had: ${firstLine(error)}`, '', '', '', '']);
    same = false;
    continue;
  }
  for (const sample of words.length > 0 ? words : allSamples) {
    try {
      const outcome = await buildOn(engine, sample);
      if (name === 'docker') references.set(sample, outcome);
      same = compare(sample, name, outcome, references.get(sample) ?? outcome) && same;
    } catch (error) {
      row([sample, name, `failed: ${firstLine(error)}`, '', '', '', '']);
      same = false;
    }
  }
}
process.exitCode = same ? 0 : 1;

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n').find((line) => line.startsWith('pare:')) ?? message.split('\n')[0] ?? '';
}
