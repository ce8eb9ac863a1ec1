import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateSensor, syscallName } from '../../packages/sensor/src/index.ts';
import { execute, pathsOf, readRecord, recordsOf, runPlain, runTraced, textOf } from './sensor/run-sensor.ts';
import { isComparable, normal, parseStrace } from './sensor/strace.ts';

const fixtures = fileURLToPath(new URL('./sensor/fixtures', import.meta.url));
let directory = '';

async function succeed(file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} failed (${code}): ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-lossless-'));
  const build = (name: string, ...args: string[]): Promise<string> =>
    succeed('gcc', ['-O1', '-static', '-o', join(directory, name), ...args]);
  await build('sweep', join(fixtures, 'sweep.c'));
  await build('threads', join(fixtures, 'threads.c'), '-pthread');
  await build('i386', '-m32', '-nostdlib', join(fixtures, 'i386.S'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Node's threads ask for the processors, which its end may come before. */
const isSteady = (line: string): boolean => !/\/sys\/devices\/system\/cpu\//.test(line);

async function compareWithStrace(argv: readonly string[]): Promise<void> {
  const record = join(directory, 'record');
  const log = join(directory, 'strace');
  const sensor = locateSensor('amd64').path;
  await rm(record, { force: true });
  // Once for the caches that the workload makes itself.
  await succeed('env', ['-C', directory, ...argv]);
  await succeed('env', ['-C', directory, sensor, 'run', '--record', record, '--', ...argv]);
  await succeed('env', [
    '-C',
    directory,
    'strace',
    '-f',
    '-y',
    '-s',
    '4096',
    '-e',
    'trace=%file',
    '-o',
    log,
    ...argv,
  ]);
  const { paths: expected } = parseStrace(await readFile(log, 'latin1'), directory);
  const { records, complete } = await readRecord(record);
  const seen = new Set(pathsOf(records).map(normal));
  expect(complete).toBe(true);
  expect(recordsOf(records, 'loss')).toEqual([]);
  expect(expected.size).toBeGreaterThan(5);
  expect([...expected].filter((line) => isSteady(line) && !seen.has(line))).toEqual([]);
  const extra = [...seen].filter((line) => isSteady(line) && isComparable(line) && !expected.has(line));
  expect(extra).toEqual([]);
}

describe('every path that strace sees is in the record, and no other', () => {
  const source = 'int main(void){return 0;}';
  it.each([
    [
      'a shell script',
      ['sh', '-c', 'cd /usr; ls lib >/dev/null; cat /etc/hostname; test -e nothing || cd /; [ -d etc ]'],
    ],
    ['find', ['find', '/usr/share/doc', '-maxdepth', '2', '-newer', '/etc/hostname']],
    [
      'perl',
      [
        'perl',
        '-MFile::Find',
        '-MPOSIX',
        '-e',
        'find(sub { -l $_ }, "/etc/ssl"); mkdir "/tmp/ccdirect"; rmdir "/tmp/ccdirect"',
      ],
    ],
    ['gcc', ['sh', '-c', `echo "${source}" >a.c; gcc -O1 -o a a.c`]],
    ['node', [process.execPath, '-e', 'require("fs").readdirSync("/etc"); require("http"); fetch("data:,")']],
    ['tar', ['tar', '-cf', '/dev/null', '/etc/apt']],
    ['500 processes', ['sh', '-c', 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done']],
  ])('%s', async (_, argv) => {
    await compareWithStrace(argv);
  });
});

describe('in a container', () => {
  const mount = (): string[] => ['--volume', `${directory}:/fixtures:ro`];

  it('16 threads under a storm of signals and 400 processes lose nothing, and nothing is made twice', async () => {
    const { records, code } = await runTraced({ docker: mount(), argv: ['/fixtures/threads'] });
    expect(code).toBe(0);
    const asked = recordsOf(records, 'path').map((record) => textOf(record.path));
    const expected = [
      ...Array.from({ length: 3200 }, (_, i) => `/asked/thread/${Math.floor(i / 200)}/${i % 200}`),
      ...Array.from({ length: 400 }, (_, i) => `/asked/process/0/${i}`),
    ];
    expect(asked.filter((path) => path.startsWith('/asked')).toSorted()).toEqual(expected.toSorted());
    expect(recordsOf(records, 'loss')).toEqual([]);
    expect(new Set(recordsOf(records, 'path').map((record) => record.exec))).toEqual(new Set([0, 1]));
  });

  it('a 32-bit program is seen with its own system call numbers', async () => {
    const { records, code } = await runTraced({ docker: mount(), argv: ['/fixtures/i386'] });
    expect(code).toBe(7);
    const seen = recordsOf(records, 'path').map(
      (r) => `${r.arch} ${syscallName(r.arch, r.syscall)} ${textOf(r.path)}`,
    );
    expect(seen).toEqual(
      expect.arrayContaining([
        'x86_64 execve /fixtures/i386',
        'i386 open /etc/hostname',
        'i386 socketcall /run/x',
      ]),
    );
    expect(recordsOf(records, 'argument')).toContainEqual(
      expect.objectContaining({ arch: 'i386', syscall: 359, value: 1n }),
    );
  });

  it('every system call is refused or not as without the sensor, but for io_uring', async () => {
    const plain = await runPlain({ docker: mount(), argv: ['/fixtures/sweep'] });
    const seen = await runTraced({ docker: mount(), argv: ['/fixtures/sweep'] });
    const lines = (text: string): string[] => text.trim().split('\n');
    expect(lines(plain.stdout).length).toBeGreaterThan(30);
    expect(lines(seen.stdout).filter((line) => !lines(plain.stdout).includes(line))).toEqual(['425 ENOSYS']);
    expect(lines(plain.stdout).filter((line) => !lines(seen.stdout).includes(line))).toEqual([]);
  });
});
