#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBase, buildEntry, fatTag } from './build.ts';
import { corpusNames } from './entries.ts';
import { imageBytes, measureLevel, testImage } from './measure.ts';
import { renderPage, renderTable } from './render.ts';
import { type CorpusLevel, type LevelResult, readResults, recordResult } from './results.ts';

const usage = `usage: node test/corpus/run.ts NAME… | --all [--keep LEVEL]… [--no-record]
Builds entries, slims them at each level (observed and used), tests them, prints the table and writes docs/corpus.md.
NAME is one of ${corpusNames().join(', ')}
`;

const page = join(import.meta.dirname, '../../docs/corpus.md');
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Builds, slims and tests one entry. Gives the number of failed checks that matter: on the fat image and at `used`. */
async function runEntry(name: string, levels: readonly CorpusLevel[], records: boolean): Promise<number> {
  say(`${name}: building`);
  await buildEntry(name);
  const fat = await testImage(name, fatTag(name));
  for (const { check, message } of fat.failed) say(`${name}: fat: ${check}: ${message}`);
  if (fat.failed.length > 0) return fat.failed.length;
  const results: Partial<Record<CorpusLevel, LevelResult>> = {};
  for (const level of levels) {
    const { result, messages } = await measureLevel(name, level);
    results[level] = result;
    for (const message of messages) say(`${name}: ${level}: ${message}`);
    say(
      `${name}: ${level}: ${(result.sizeBytes / 1e6).toFixed(1)} MB, ${result.passed}/${fat.passed.length}`,
    );
  }
  const entry = { fatBytes: await imageBytes(fatTag(name)), checks: fat.passed.length, levels: results };
  if (records) await writeFile(page, renderPage(await recordResult(name, entry)));
  else process.stdout.write(`${renderTable({ [name]: entry })}\n`);
  return results.used?.failed.length ?? 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      all: { type: 'boolean', default: false },
      keep: { type: 'string', multiple: true, default: ['observed', 'used'] },
      record: { type: 'boolean', default: true },
    },
  });
  const known = corpusNames();
  const names = values.all ? known : positionals;
  const levels = values.keep as CorpusLevel[];
  const isLevel = (level: string): boolean => ['observed', 'used', 'packages'].includes(level);
  if (names.length === 0 || !names.every((name) => known.includes(name)) || !levels.every(isLevel)) {
    process.stderr.write(usage);
    return 2;
  }
  await buildBase();
  let failures = 0;
  for (const name of names) failures += await runEntry(name, levels, values.record);
  if (values.record) {
    const all = Object.entries(await readResults()).filter(([name]) => names.includes(name));
    process.stdout.write(`${renderTable(Object.fromEntries(all))}\n`);
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
