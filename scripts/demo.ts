/**
 * Slims samples at both levels, runs each sample's own full test against the slim image and prints one table.
 * Usage: demo.ts --engine NAME NAME …
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..');
const samplesDirectory = join(repository, 'samples');

interface Row {
  readonly name: string;
  readonly fatBytes: number;
  readonly usedBytes: number;
  readonly observedBytes: number;
  readonly fullTest: string;
  readonly fullTestPassed: boolean;
  readonly seconds: number;
  readonly seedRatio: string;
}

interface Report {
  readonly fat: { readonly sizeBytes: number };
  readonly slim?: { readonly sizeBytes: number };
  readonly totalMs: number;
}

/** Runs a program with its output shown on stderr; gives the exit code and what it printed on stdout. */
async function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string }> {
  const child = spawn(program, args, { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(chunks).toString() }));
  });
}

async function slim(
  engine: string,
  name: string,
  level: 'used' | 'observed',
  tag: string,
  artifacts: string,
): Promise<Report> {
  const scenario = JSON.parse(
    await readFile(join(samplesDirectory, name, 'scenario.json'), 'utf8'),
  ) as readonly string[];
  const image = `pare-samples/${name}:latest`;
  console.error(
    `\n$ pare --engine ${engine} build --keep ${level} --tag ${tag} ${scenario.join(' ')} ${image}`,
  );
  const { code, stdout } = await run(join(repository, 'bin/pare'), [
    '--engine',
    engine,
    'build',
    '--keep',
    level,
    '--tag',
    tag,
    '--artifacts',
    artifacts,
    ...scenario,
    image,
  ]);
  process.stderr.write(stdout);
  if (code !== 0) throw new Error(`pare build ${image} ended with ${code}`);
  return JSON.parse(await readFile(join(artifacts, 'report.json'), 'utf8')) as Report;
}

async function demonstrate(
  engine: string,
  name: string,
  seedRatios: Readonly<Record<string, { readonly ratio: number }>>,
): Promise<Row> {
  const artifacts = await mkdtemp(join(tmpdir(), 'pare-demo-'));
  try {
    const usedTag = `pare-samples/${name}.slim:latest`;
    const used = await slim(engine, name, 'used', usedTag, artifacts);
    const onEngine = engine === 'embedded' ? ['--engine', 'embedded'] : [];
    const fullTest = join(samplesDirectory, 'run-full-test.ts');
    const [test, observed] = await Promise.all([
      run(process.execPath, [fullTest, ...onEngine, name, usedTag]),
      slim(engine, name, 'observed', `pare-samples/${name}.slim:observed`, artifacts),
    ]);
    process.stderr.write(test.stdout);
    const seed = seedRatios[name];
    return {
      name,
      fatBytes: used.fat.sizeBytes,
      usedBytes: used.slim?.sizeBytes ?? Number.NaN,
      observedBytes: observed.slim?.sizeBytes ?? Number.NaN,
      fullTest: /\d+ of \d+ checks passed/.exec(test.stdout)?.[0] ?? 'did not run',
      fullTestPassed: test.code === 0,
      seconds: used.totalMs / 1000,
      seedRatio: seed === undefined ? '–' : `${seed.ratio}×`,
    };
  } finally {
    await rm(artifacts, { recursive: true, force: true });
  }
}

function renderTable(rows: readonly Row[]): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const ratio = (row: Row, bytes: number) => `${megabytes(bytes)} (${(row.fatBytes / bytes).toFixed(1)}×)`;
  const header = [
    'sample',
    'fat',
    'slim (used)',
    'slim (observed)',
    'full test on slim (used)',
    'build',
    'seeds of 2015',
  ];
  const cells = rows.map((row) => [
    row.name,
    megabytes(row.fatBytes),
    ratio(row, row.usedBytes),
    ratio(row, row.observedBytes),
    row.fullTest,
    `${row.seconds.toFixed(1)} s`,
    row.seedRatio,
  ]);
  const all = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const [option, engine, ...names] = process.argv.slice(2);
if (option !== '--engine' || engine === undefined) throw new Error('demo.ts needs --engine NAME');
const seedRatios = JSON.parse(await readFile(join(samplesDirectory, 'seed-ratios.json'), 'utf8'));
const rows: Row[] = [];
for (const name of names) rows.push(await demonstrate(engine, name, seedRatios));
console.log(`\n${renderTable(rows)}`);
process.exitCode = rows.every((row) => row.fullTestPassed) ? 0 : 1;
