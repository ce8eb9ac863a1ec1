import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type CorpusLevel = 'observed' | 'used' | 'packages';

/** What one `pare build` of an entry at one level came to. */
export interface LevelResult {
  /** As the engine counts it; 0 when the build failed. */
  readonly sizeBytes: number;
  readonly passed: number;
  /** Titles of the functional checks that failed; the build's own failure is told as one. */
  readonly failed: readonly string[];
  /** Wall time of `pare build`, verification included. */
  readonly elapsedMs: number;
  readonly repairRounds: number;
  /** Bytes that each rule of a runtime family kept and nothing that ran did, by `family/rule`. */
  readonly ruleBytes: Readonly<Record<string, number>>;
  /** Where it was slimmed twice: paths that only one of both plans keeps. None: the same scenario gave the same paths. */
  readonly differing?: readonly string[];
}

export interface EntryResult {
  readonly fatBytes: number;
  /** How many checks the functional test has; the fat image passes them all. */
  readonly checks: number;
  readonly levels: Readonly<Partial<Record<CorpusLevel, LevelResult>>>;
}

export type CorpusResults = Readonly<Record<string, EntryResult>>;

const recordFile = join(import.meta.dirname, 'results.json');

/** The last recorded result of each entry. */
export async function readResults(): Promise<CorpusResults> {
  if (!existsSync(recordFile)) return {};
  return JSON.parse(await readFile(recordFile, 'utf8'));
}

/** Replaces what was recorded of one entry, level by level; the others stay. */
export async function recordResult(name: string, result: EntryResult): Promise<CorpusResults> {
  const known = await readResults();
  const levels = { ...known[name]?.levels, ...result.levels };
  const all = Object.entries({ ...known, [name]: { ...result, levels } });
  const sorted = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(recordFile, `${JSON.stringify(sorted, undefined, 1)}\n`);
  return sorted;
}
