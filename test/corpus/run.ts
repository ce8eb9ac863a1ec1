#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommandLine, refuse } from '../../scripts/command-line.ts';
import { buildBase, buildEntry, fatTag } from './build.ts';
import { corpusNames } from './entries.ts';
import { imageBytes, measureLevel, testImage } from './measure.ts';
import { renderPage, renderTable } from './render.ts';
import { type CorpusLevel, type LevelResult, readResults, recordResult } from './results.ts';

const known = corpusNames();
const usualLevels: string[] = ['observed', 'used'];
const usage = {
  text: `usage: node test/corpus/run.ts NAME… | --all [--keep LEVEL]… [--twice] [--no-record]
Builds entries, slims them at each level (observed and used), tests them, prints the table and writes docs/corpus.md.
--twice slims each once more, from an observation of its own, and tells the paths that only one of both plans keeps.
NAME is one of ${known.join(', ')}
`,
  options: {
    all: { type: 'boolean', default: false },
    keep: { type: 'string', multiple: true, default: usualLevels },
    twice: { type: 'boolean', default: false },
    record: { type: 'boolean', default: true },
  },
  names: known,
} as const;

const page = join(import.meta.dirname, '../../docs/corpus.md');
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/**
 * Builds, slims and tests one entry. Gives the number of failures that matter: checks on the fat image and at `used`, and paths
 * that differ between two plans of one scenario.
 */
async function runEntry(
  name: string,
  levels: readonly CorpusLevel[],
  { records, twice }: { readonly records: boolean; readonly twice: boolean },
): Promise<number> {
  say(`${name}: building`);
  await buildEntry(name);
  const fat = await testImage(name, fatTag(name));
  for (const { check, message } of fat.failed) say(`${name}: fat: ${check}: ${message}`);
  if (fat.failed.length > 0) return fat.failed.length;
  const results: Partial<Record<CorpusLevel, LevelResult>> = {};
  for (const level of levels) {
    const { result, messages } = await measureLevel(name, level, { twice });
    results[level] = result;
    for (const message of messages) say(`${name}: ${level}: ${message}`);
    for (const path of result.differing ?? []) say(`${name}: ${level}: twice: ${path}`);
    say(
      `${name}: ${level}: ${(result.sizeBytes / 1e6).toFixed(1)} MB, ${result.passed}/${fat.passed.length}`,
    );
  }
  const entry = { fatBytes: await imageBytes(fatTag(name)), checks: fat.passed.length, levels: results };
  if (records) await writeFile(page, renderPage(await recordResult(name, entry)));
  else process.stdout.write(`${renderTable({ [name]: entry })}\n`);
  const differing = Object.values(results).flatMap((result) => result.differing ?? []);
  return (results.used?.failed.length ?? 0) + differing.length;
}

async function main(): Promise<number> {
  const { values, names: named } = readCommandLine(usage);
  const names = values.all ? known : named;
  const levels = values.keep as CorpusLevel[];
  const isLevel = (level: string): boolean => ['observed', 'used', 'packages'].includes(level);
  const strange = levels.find((level) => !isLevel(level));
  if (strange !== undefined) refuse(`--keep does not take ${strange}`, usage);
  if (names.length === 0) refuse('a NAME or --all is wanted', usage);
  await buildBase();
  let failures = 0;
  const { record: records, twice } = values;
  for (const name of names) failures += await runEntry(name, levels, { records, twice });
  if (values.record) {
    const all = Object.entries(await readResults()).filter(([name]) => names.includes(name));
    process.stdout.write(`${renderTable(Object.fromEntries(all))}\n`);
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
