import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assumedSyscalls, locateSensor, syscallName } from '../../packages/sensor/src/index.ts';
import { execute, pathsOf, readRecord, recordsOf, runTraced, textOf } from './sensor/run-sensor.ts';
import { isComparable, normal, parseStrace, type StraceLog } from './sensor/strace.ts';

const fixtures = fileURLToPath(new URL('./sensor/fixtures', import.meta.url));
const sensor = locateSensor('amd64').path;
let directory = '';

async function succeed(file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} failed (${code}): ${stderr}`);
  return stdout;
}

/** strace and its libraries, for images that have neither. */
async function gatherStrace(): Promise<void> {
  const tools = join(directory, 'tools');
  await mkdir(tools);
  const listed = await succeed('ldd', ['/usr/bin/strace']);
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  for (const file of ['/usr/bin/strace', sensor, ...libraries])
    await copyFile(file, join(tools, basename(file)));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-workloads-'));
  await chmod(directory, 0o777);
  await mkdir(join(directory, 'repo'));
  await gatherStrace();
  await succeed('gcc', [
    '-O1',
    '-static',
    '-pthread',
    '-o',
    join(directory, 'threads'),
    join(fixtures, 'threads.c'),
  ]);
  await succeed('gcc', ['-O1', '-static', '-o', join(directory, 'forks'), join(fixtures, 'forks.c')]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Workload {
  readonly title: string;
  /** Undefined: this machine. */
  readonly image?: string;
  /** Below the workload directory. */
  readonly directory?: string;
  readonly argv: readonly string[];
  /** What the workload itself decides anew in each run. */
  readonly unsteady?: RegExp;
}

/** Runs a command on this machine, or in an image with the workload directory at /w. */
async function runIn(workload: Workload, argv: readonly string[]): Promise<void> {
  if (workload.image === undefined) {
    await succeed('env', ['-C', join(directory, workload.directory ?? ''), ...argv]);
    return;
  }
  await succeed('docker', [
    ...['run', '--rm', '--label', 'pare.test=sensor', '--cap-add', 'SYS_PTRACE', '--cap-add', 'SYS_ADMIN'],
    ...[
      '--security-opt',
      'seccomp=unconfined',
      '--volume',
      `${directory}:/w`,
      '--workdir',
      '/w',
      '--entrypoint',
      '',
    ],
    ...[workload.image, ...argv],
  ]);
}

/** Where the directory is for the workload. */
const placeOf = ({ image }: Workload): string => (image === undefined ? directory : '/w');

async function underStrace(workload: Workload): Promise<StraceLog> {
  const place = placeOf(workload);
  const loader = ['/w/tools/ld-linux-x86-64.so.2', '--library-path', '/w/tools', '/w/tools/strace'];
  const strace = workload.image === undefined ? ['strace'] : loader;
  await runIn(workload, [...strace, '-f', '-y', '-s', '4096', '-o', `${place}/strace`, ...workload.argv]);
  return parseStrace(
    await readFile(join(directory, 'strace'), 'latin1'),
    join(place, workload.directory ?? ''),
  );
}

async function underSensor(workload: Workload): Promise<StraceLog> {
  const place = placeOf(workload);
  await rm(join(directory, 'record'), { force: true });
  await runIn(workload, [
    `${place}/tools/pare-sensor`,
    'run',
    '--record',
    `${place}/record`,
    '--',
    ...workload.argv,
  ]);
  const { records, complete } = await readRecord(join(directory, 'record'));
  expect(complete).toBe(true);
  expect(recordsOf(records, 'loss')).toEqual([]);
  const calls = recordsOf(records, 'syscall').map(
    (one) => syscallName(one.arch, one.syscall) ?? `${one.syscall}`,
  );
  return { paths: new Set(pathsOf(records).map(normal)), syscalls: new Set(calls) };
}

const minus = (one: ReadonlySet<string>, ...others: readonly ReadonlySet<string>[]): string[] =>
  [...one].filter((item) => others.every((other) => !other.has(item))).sort();

/** What is expected and was not seen, and what was seen and is not expected. */
function differences(
  seen: StraceLog,
  expected: readonly StraceLog[],
  unsteady: RegExp,
): Record<string, string[]> {
  const assumed = new Set(assumedSyscalls('x86_64'));
  const [first, ...more] = expected;
  if (first === undefined) throw new Error('no run under strace');
  const steady = (items: readonly string[]): string[] => items.filter((item) => !unsteady.test(item));
  // In every run of strace's, or in none: what differs between two of them says nothing.
  const always = (items: ReadonlySet<string>, of: (log: StraceLog) => ReadonlySet<string>): Set<string> =>
    new Set([...items].filter((item) => more.every((log) => of(log).has(item))));
  return {
    'paths missed': steady(
      minus(
        always(first.paths, (log) => log.paths),
        seen.paths,
      ),
    ),
    'paths invented': steady(minus(seen.paths, ...expected.map((log) => log.paths)).filter(isComparable)),
    'calls missed': steady(
      minus(
        always(first.syscalls, (log) => log.syscalls),
        seen.syscalls,
        assumed,
      ),
    ),
    'calls invented': steady(minus(seen.syscalls, ...expected.map((log) => log.syscalls), assumed)),
  };
}

const none = { 'paths missed': [], 'paths invented': [], 'calls missed': [], 'calls invented': [] };

async function compare(workload: Workload): Promise<void> {
  // Once for the caches that the workload makes itself.
  if (workload.image === undefined) await runIn(workload, workload.argv);
  const seen = await underSensor(workload);
  const expected = [await underStrace(workload)];
  expect(expected[0]?.paths.size).toBeGreaterThan(5);
  const unsteady = workload.unsteady ?? /^$/;
  let found = differences(seen, expected, unsteady);
  if (Object.values(found).some((list) => list.length > 0)) {
    expected.push(await underStrace(workload));
    found = differences(seen, expected, unsteady);
  }
  expect(found).toEqual(none);
}

const workloads: readonly Workload[] = [
  {
    title: 'python',
    image: 'pare-samples/python',
    argv: [
      'python3',
      '-B',
      '-c',
      'import asyncio, json, sqlite3, ssl, subprocess, email.mime.text, xml.dom.minidom',
    ],
  },
  {
    title: 'ruby',
    image: 'pare-samples/ruby',
    argv: [
      'ruby',
      '-e',
      'require "json"; require "net/http"; require "sinatra/base"; Dir["/etc/*"].each { |f| File.stat(f) rescue 0 }',
    ],
  },
  {
    title: 'java',
    image: 'pare-samples/java',
    argv: [
      'java',
      '-XX:+UseSerialGC',
      '-XX:-UsePerfData',
      '-Xshare:auto',
      '-XX:TieredStopAtLevel=1',
      '-version',
    ],
    // Its threads read the load of the machine.
    unsteady: /cgroup|\/proc\/stat|madvise/,
  },
  {
    title: 'git',
    directory: 'repo',
    argv: [
      'env',
      'GIT_AUTHOR_DATE=2026-01-01T00:00:00Z',
      'GIT_COMMITTER_DATE=2026-01-01T00:00:00Z',
      'sh',
      '-c',
      'rm -rf .git a; git init -q; echo x >a; git add a; git -c user.name=a -c user.email=b commit -qm c; git log --stat; git gc -q',
    ],
  },
  { title: '16 threads that open, under a storm of signals', argv: ['./threads'] },
  { title: 'a storm of forks', argv: ['./forks'] },
];

describe('the record has the paths and the system calls that strace sees', () => {
  it.each(workloads)('of $title', (workload) => compare(workload));

  it('of a container that is killed midway: all that it said it did', async () => {
    const script = '$| = 1; for my $i (0 .. 1e6) { open F, "/asked/$i"; print "$i\\n" }';
    const { records, stdout, code, complete } = await runTraced({
      argv: ['perl', '-e', script],
      whileRunning: async (name) => {
        await execute('docker', ['kill', name]);
      },
    });
    expect(code).toBe(137);
    expect(complete).toBe(true);
    expect(recordsOf(records, 'loss')).toEqual([]);
    const said = stdout.split('\n').filter((line) => /^\d+$/.test(line)).length;
    const asked = recordsOf(records, 'path')
      .map((record) => textOf(record.path))
      .filter((path) => path.startsWith('/asked/'));
    expect(said).toBeGreaterThan(10);
    // Written before the call went on: the record is ahead of what was said, never behind, and without a gap.
    expect(asked.length).toBeGreaterThanOrEqual(said);
    expect(asked).toEqual(Array.from({ length: asked.length }, (_, i) => `/asked/${i}`));
    expect(dirname(asked[0] ?? '')).toBe('/asked');
  });
});
