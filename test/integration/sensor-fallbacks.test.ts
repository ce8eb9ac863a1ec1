import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateSensor } from '../../packages/sensor/src/index.ts';
import {
  commandsOf,
  execute,
  pathsOf,
  readRecord,
  recordsOf,
  runPlain,
  runTraced,
  textOf,
} from './sensor/run-sensor.ts';

const fixtures = fileURLToPath(new URL('./sensor/fixtures', import.meta.url));
let directory = '';
/** On overlayfs, where a record is not mapped. */
let unmapped = '';
/** Docker lets everything through then but the request that kernels before 6.13 do not know. */
let olderKernel = '';
const getInfo = 0xc040ff0b;

async function succeed(file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(file, args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} failed (${code}): ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-fallbacks-'));
  const build = (name: string, ...options: string[]): Promise<string> =>
    succeed('gcc', ['-O1', '-static', '-o', join(directory, name), join(fixtures, `${name}.c`), ...options]);
  await build('threads', '-pthread');
  await build('conform', '-pthread');
  await build('without-pidfd-info');
  const parts = ['lower', 'upper', 'work', 'unmapped'];
  for (const part of parts) await mkdir(join(directory, part));
  const [lower, upper, work] = parts.map((part) => join(directory, part));
  unmapped = join(directory, 'unmapped');
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await succeed('mount', ['-t', 'overlay', 'overlay', '-o', options, unmapped]);
  olderKernel = join(directory, 'older-kernel.json');
  const rule = { names: ['ioctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 25 };
  const syscalls = [{ ...rule, args: [{ index: 1, value: getInfo, op: 'SCMP_CMP_EQ' }] }];
  await writeFile(olderKernel, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
});
afterAll(async () => {
  await execute('umount', [unmapped]);
  await rm(directory, { recursive: true });
});

/** What stands in front of the sensor, and where its record lies. */
interface Way {
  readonly name: string;
  readonly older: boolean;
  readonly onOverlay: boolean;
}

const ways: readonly Way[] = [
  { name: 'a kernel that tells nothing by a pidfd', older: true, onOverlay: false },
  { name: 'a record that cannot be mapped', older: false, onOverlay: true },
  { name: 'neither', older: true, onOverlay: true },
];

describe.each(ways)('with $name', ({ older, onOverlay }) => {
  it('16 threads under a storm of signals and 400 processes lose nothing, and nothing is told twice', async () => {
    const record = join(onOverlay ? unmapped : directory, 'record');
    const sensor = [locateSensor('amd64').path, 'run', '--record', record, '--', join(directory, 'threads')];
    const [file = '', ...args] = older ? [join(directory, 'without-pidfd-info'), ...sensor] : sensor;
    await succeed(file, args);
    const { records, complete } = await readRecord(record);
    await rm(record);
    expect(complete).toBe(true);
    expect(recordsOf(records, 'loss')).toEqual([]);
    const asked = recordsOf(records, 'path').map((one) => textOf(one.path));
    const expected = [
      ...Array.from({ length: 3200 }, (_, i) => `/asked/thread/${Math.floor(i / 200)}/${i % 200}`),
      ...Array.from({ length: 400 }, (_, i) => `/asked/process/0/${i}`),
    ];
    expect(asked.filter((path) => path.startsWith('/asked')).toSorted()).toEqual(expected.toSorted());
  });

  it('programs do what they do without the sensor, and each is told from the others', async () => {
    const docker = [
      ...['--volume', `${directory}:/fixtures:ro`],
      ...(older ? ['--security-opt', `seccomp=${olderKernel}`] : []),
    ];
    const script = `for name in descriptors threads tracer zombies signals; do echo "- $name"; /fixtures/conform $name; echo "ended with $?"; done
      (cat /etc/issue.net | head -1) & wait; ls /etc/hostname; exec /bin/sh -c 'cat /etc/debian_version; exit 9'`;
    const argv = ['sh', '-c', script];
    const plain = await runPlain({ docker, argv });
    const seen = await runTraced({ docker, argv, ...(onOverlay ? { recordsBelow: unmapped } : {}) });
    expect(steady(seen.stdout)).toBe(steady(plain.stdout));
    expect(seen).toMatchObject({ code: 9, complete: true });
    expect(plain.code).toBe(9);
    expect(recordsOf(seen.records, 'loss')).toEqual([]);
    const commands = ['cat /etc/issue.net', 'head -1', 'ls /etc/hostname', 'cat /etc/debian_version'];
    expect(commandsOf(seen.records)).toEqual(expect.arrayContaining(commands));
    const cat = recordsOf(seen.records, 'exec').find(({ argv: words }) =>
      words.map(textOf).includes('/etc/debian_version'),
    );
    const version = recordsOf(seen.records, 'path').find(
      ({ path }) => textOf(path) === '/etc/debian_version',
    );
    expect(version?.exec).toBe(cat?.exec);
    expect(pathsOf(seen.records)).toContain('openat /etc/issue.net');
  });
});

describe('what the fallbacks are tried with', () => {
  it('is a request that this kernel would answer but for the filter, and a file system of another kind', async () => {
    // pidfd_open(2) and ioctl(2) by their numbers: ENOTTY is 25.
    const ask =
      'my $info = pack "Q8", 1; my $fd = syscall(434, $$, 0); print syscall(16, $fd, 0xC040FF0B, $info), " ", $!+0';
    expect(await succeed(join(directory, 'without-pidfd-info'), ['perl', '-e', ask])).toBe('-1 25');
    const docker = ['--security-opt', `seccomp=${olderKernel}`];
    expect(await runPlain({ docker, argv: ['perl', '-e', ask] })).toMatchObject({ code: 0, stdout: '-1 25' });
    expect(await succeed('stat', ['-f', '-c', '%T', unmapped])).toBe('overlayfs\n');
  });
});

/** PIDs are those of one run. */
function steady(text: string): string {
  return text.replaceAll(/pid \d+ parent \d+ session \d+ group \d+/g, 'ids');
}
