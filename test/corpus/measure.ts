import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FullTestResult } from '../../samples/full-test.ts';
import { docker, runCommand } from '../../samples/run-command.ts';
import { SampleContainer } from '../../samples/sample-container.ts';
import { fatTag } from './build.ts';
import { entryDirectory, loadFunctional } from './entries.ts';
import type { CorpusLevel, LevelResult } from './results.ts';

const repository = join(import.meta.dirname, '../..');

/** The parts of a report that are counted here. */
interface CountedReport {
  readonly repairRounds: number;
  readonly plan: {
    readonly kept: readonly {
      readonly path: string;
      readonly reasons: readonly {
        readonly kind: string;
        readonly family?: string;
        readonly rule?: string;
      }[];
    }[];
  };
  readonly files?: readonly { readonly path: string; readonly sizeBytes: number }[];
}

/** Runs an entry's functional test against one image. A container that does not start fails every check at once. */
export async function testImage(name: string, image: string): Promise<FullTestResult> {
  const functional = await loadFunctional(name);
  try {
    await using container = await SampleContainer.start(functional, image);
    return await functional.run(container.target);
  } catch (error) {
    return { passed: [], failed: [{ check: 'starts', message: String(error) }] };
  }
}

/** The size of an image as the engine counts it. */
export async function imageBytes(image: string): Promise<number> {
  return Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
}

interface Built {
  readonly report: CountedReport;
  readonly elapsedMs: number;
}

/** Slims an entry as a user would, with its `pare.yaml`. Gives what was told when `pare build` fails. */
async function buildSlim(
  name: string,
  level: CorpusLevel,
  tag: string,
): Promise<Built | { told: string; elapsedMs: number; exitCode: number }> {
  const artifacts = await mkdtemp(join(tmpdir(), 'pare-corpus-'));
  try {
    const scenario = join(entryDirectory(name), 'pare.yaml');
    const options = ['--scenario', scenario, '--keep', level, '--tag', tag, '--artifacts', artifacts];
    const started = performance.now();
    const built = await runCommand([join(repository, 'bin/pare'), 'build', ...options, fatTag(name)]);
    const elapsedMs = Math.round(performance.now() - started);
    if (built.exitCode !== 0)
      return { told: `${built.stdout}${built.stderr}`, elapsedMs, exitCode: built.exitCode };
    return { report: JSON.parse(await readFile(join(artifacts, 'report.json'), 'utf8')), elapsedMs };
  } finally {
    await rm(artifacts, { recursive: true, force: true });
  }
}

/**
 * Slims an entry and runs its functional test on the result. The slim image keeps the tag `pare-corpus/NAME:LEVEL`. Gives the
 * failed checks' messages beside the result. `twice`: slims it again from an observation of its own, and compares.
 */
export async function measureLevel(
  name: string,
  level: CorpusLevel,
  { twice = false }: { readonly twice?: boolean } = {},
): Promise<{ readonly result: LevelResult; readonly messages: readonly string[] }> {
  const tag = `pare-corpus/${name}:${level}`;
  const built = await buildSlim(name, level, tag);
  const { elapsedMs } = built;
  if ('told' in built) {
    const failed = [`pare build ended with ${built.exitCode}`];
    const result = { sizeBytes: 0, passed: 0, failed, elapsedMs, repairRounds: 0, ruleBytes: {} };
    return { result, messages: [built.told] };
  }
  const { report } = built;
  const { passed, failed } = await testImage(name, tag);
  const differing = twice ? await buildAgain(name, level, report) : undefined;
  const result: LevelResult = {
    sizeBytes: await imageBytes(tag),
    passed: passed.length,
    failed: failed.map(({ check }) => check),
    elapsedMs,
    repairRounds: report.repairRounds,
    ruleBytes: ruleBytes(report),
    ...(differing === undefined ? {} : { differing }),
  };
  return { result, messages: failed.map(({ check, message }) => `${check}: ${message}`) };
}

/** Slims an entry once more. Gives the paths that one of both plans keeps alone, with a sign of which: `-` the first, `+` the second. */
async function buildAgain(
  name: string,
  level: CorpusLevel,
  first: CountedReport,
): Promise<readonly string[]> {
  const tag = `pare-corpus/${name}:${level}-again`;
  const again = await buildSlim(name, level, tag);
  if ('told' in again) return [`the second build ended with ${again.exitCode}`];
  await runCommand(['docker', 'image', 'rm', tag]);
  const paths = (report: CountedReport): ReadonlySet<string> =>
    new Set(report.plan.kept.map(({ path }) => path));
  const [before, after] = [paths(first), paths(again.report)];
  return [
    ...[...before].filter((path) => !after.has(path)).map((path) => `- ${path}`),
    ...[...after].filter((path) => !before.has(path)).map((path) => `+ ${path}`),
  ];
}

/** What each family rule alone is answerable for: files that it names and the run did not use. */
function ruleBytes(report: CountedReport): Readonly<Record<string, number>> {
  const sizes = new Map(report.files?.map(({ path, sizeBytes }) => [path, sizeBytes]));
  const sums: Record<string, number> = {};
  for (const { path, reasons } of report.plan.kept) {
    const [rule] = reasons.filter(({ kind }) => kind === 'runtime-family');
    if (rule === undefined || reasons.some(({ kind }) => kind === 'observed')) continue;
    const key = `${rule.family}/${rule.rule}`;
    sums[key] = (sums[key] ?? 0) + (sizes.get(path) ?? 0);
  }
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)));
}
