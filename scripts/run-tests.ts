import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';

/** Outcome of one step: a check counts as one test. */
interface Outcome {
  readonly step: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Each failed test by file and title, with the first line of what it said. */
  readonly failures?: readonly string[];
}

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What a check that looked at nothing would not print. */
  readonly mustPrint?: RegExp;
}
type Suite = 'unit' | 'integration' | 'e2e';

const repository = join(import.meta.dirname, '..');

const checks: readonly Check[] = [
  {
    name: 'formatting and lint',
    command: ['biome', 'ci', '--colors=off', '.'],
    mustPrint: /Checked [1-9]\d* files/,
  },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  {
    name: 'directions',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'packages/oci/src',
      'packages/sensor/src',
      'packages/pare/src',
      'packages/testkit/src',
    ],
    mustPrint: /\([1-9]\d* modules, [1-9]\d* dependencies cruised\)/,
  },
  { name: 'dead code', command: ['knip'] },
  { name: 'copied code', command: ['jscpd', 'packages'] },
  {
    name: 'analyzer registry',
    command: ['node', 'scripts/generate-analyzer-registry.ts', '--check'],
  },
  {
    name: 'shell scripts',
    command: [
      'shellcheck',
      '-x',
      'bin/pare',
      'bin/test',
      'bin/demo',
      'bin/engine',
      'samples/build',
      'samples/base/make-rootfs',
      'samples/base/debootstrap-script',
      'test/integration/registry/bin/docker-credential-pare-test',
      'test/cgroup-v2/init.sh',
      'test/cgroup-v2/guest.sh',
    ],
  },
];

const sampleImages: Check = { name: 'sample images', command: ['samples/build'] };

const fast = process.argv.includes('--fast');
const outcomes: Outcome[] = [];
// Building images is mostly waiting for packages: it goes on beside what needs no engine.
const samples = fast ? undefined : runCheck(sampleImages);
for (const check of checks) outcomes.push(await runCheck(check));
outcomes.push(await runSuite('unit'));
if (samples !== undefined) {
  outcomes.push(await samples);
  for (const project of ['integration', 'e2e'] as const) outcomes.push(await runSuite(project));
}

for (const { step, passed, failed, seconds, failures = [] } of outcomes) {
  console.log(
    `${failed === 0 ? 'ok  ' : 'FAIL'} ${step}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`,
  );
  // Once more at the end: of a long log the end is what is seen first, or all that is kept.
  for (const failure of failures) console.log(`     ${failure}`);
}
const total = (key: 'passed' | 'failed') => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exitCode = total('failed') === 0 ? 0 : 1;

async function runCheck(check: Check): Promise<Outcome> {
  const start = performance.now();
  const { code, output } = await run(check.command, 'collect');
  const ok = code === 0 && (check.mustPrint?.test(output) ?? true);
  if (!ok) console.log(`--- ${check.name} (${check.command.join(' ')}) ---\n${output}`);
  return {
    step: check.name,
    passed: ok ? 1 : 0,
    failed: ok ? 0 : 1,
    seconds: (performance.now() - start) / 1000,
  };
}

async function runSuite(project: Suite): Promise<Outcome> {
  const start = performance.now();
  const directory = await mkdtemp(join(tmpdir(), 'pare-tests-'));
  const report = join(directory, 'report.json');
  const { code } = await run(
    [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    'show',
  );
  const counts = await readReport(report);
  await rm(directory, { recursive: true, force: true });
  // A run that breaks outside its tests, or runs none, has failed whatever it counted.
  const broken = (code !== 0 && counts.failed === 0) || counts.passed + counts.failed === 0;
  return {
    step: `${project} tests`,
    passed: counts.passed,
    failed: counts.failed + (broken ? 1 : 0),
    failures: counts.failures,
    seconds: (performance.now() - start) / 1000,
  };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

async function readReport(
  path: string,
): Promise<Pick<Outcome, 'passed' | 'failed'> & { readonly failures: readonly string[] }> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0, failures: ['there is no report: it broke off'] };
  const report = JSON.parse(text) as VitestReport;
  const failures = report.testResults.flatMap((file) => {
    const tests = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => [fullName, failureMessages?.[0]] as const);
    // A file that breaks before its tests has failed without any of them.
    if (tests.length === 0 && file.status === 'failed') tests.push(['the file itself', file.message]);
    const name = relative(repository, file.name);
    return tests.map(([title, message = '']) => `${name} > ${title}: ${message.split('\n', 1)[0]}`);
  });
  return { passed: report.numPassedTests, failed: report.numFailedTests, failures };
}

async function run(
  command: readonly [string, ...string[]],
  output: 'collect' | 'show',
): Promise<{ readonly code: number; readonly output: string }> {
  const [program, ...args] = command;
  const path = [
    dirname(process.execPath),
    join(repository, 'node_modules/.bin'),
    process.env.PATH ?? '',
  ].join(delimiter);
  const child = spawn(program, args, {
    cwd: repository,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', output === 'show' ? 'inherit' : 'pipe', output === 'show' ? 'inherit' : 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
