import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf, execute, pathsOf, recordsOf, runTraced, textOf } from './sensor/run-sensor.ts';

const shell = (script: string): string[] => ['sh', '-c', script];
let directory = '';
/** Docker's own profile is not there then, and the seccomp system call fails as on a kernel without it. */
let withoutSeccomp = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-test-guardian-'));
  withoutSeccomp = join(directory, 'without-seccomp.json');
  const refused = { names: ['seccomp'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 };
  await writeFile(withoutSeccomp, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [refused] }));
});
afterAll(() => rm(directory, { recursive: true }));

/** PIDs on this machine of a container's processes that the sensor started: its guardian and its supervisors. */
async function sensorProcesses(container: string): Promise<{ guardian: number; supervisors: number[] }> {
  const { stdout } = await execute('docker', ['top', container, '-o', 'pid,ppid,comm']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  const own = rows
    .filter(([, , name]) => name === 'pare-sensor')
    .map(([pid, parent]) => [Number(pid), Number(parent)]);
  const pids = new Set(own.map(([pid]) => pid));
  const guardian = own.find(([, parent]) => !pids.has(parent))?.[0] ?? 0;
  return { guardian, supervisors: own.flatMap(([pid = 0, parent]) => (parent === guardian ? [pid] : [])) };
}

/** Sends SIGKILL to a supervisor, and waits until another is there. */
async function killSupervisor(container: string): Promise<void> {
  const [old] = (await sensorProcesses(container)).supervisors;
  if (old === undefined) throw new Error('there is no supervisor');
  process.kill(old, 'SIGKILL');
  const deadline = performance.now() + 5000;
  for (;;) {
    const { supervisors } = await sensorProcesses(container);
    if (supervisors.some((pid) => pid !== old)) return;
    if (performance.now() > deadline) throw new Error('no other supervisor was started');
  }
}

const join_ = (name: string, record: string, script: string): Promise<unknown> =>
  execute('docker', [
    ...['exec', name, '/.pare/bin/pare-sensor', 'join', '--socket', '/.pare/record/join'],
    ...[
      '--record',
      `/.pare/record/${record}`,
      '--caps',
      'a80425fb',
      '--restore-docker-refusals',
      '--',
      ...shell(script),
    ],
  ]);

/** Keeps the mounts, which `docker exec` needs; the last `--record` counts. */
const joinable = ['--socket', '/.pare/record/join'];
const inSight = { keepMounts: true, sensor: joinable };

describe('a command that joins', () => {
  it('is seen in a record of its own, ends as without the sensor, and leaves no zombie to the application', async () => {
    const ends: unknown[] = [];
    // One that ended a moment ago may still be a zombie: only one that stays is left to the application.
    const script = `echo ready; until [ -e /tmp/end ]; do sleep 0.02; done
      for ((i = 0; i < 200; i++)); do zombies=$(cat /proc/[0-9]*/stat | grep -c " Z ") || break; sleep 0.05; done; echo $zombies; exit 3`;
    const seen = await runTraced({
      ...inSight,
      argv: ['bash', '-c', script],
      extraRecords: ['one', 'two'],
      whileRunning: async (name) => {
        ends.push(await join_(name, 'one', 'cat /etc/issue; grep Cap /proc/self/status; exit 7'));
        ends.push(
          await join_(name, 'two', 'ls /etc/missing; (sleep 0.01 &); unshare -r true || touch /tmp/end'),
        );
      },
    });
    expect(ends).toMatchObject([
      { code: 7, stdout: expect.stringMatching(/CapEff:\s+00000000a80425fb\n/), stderr: '' },
      { code: 0, stderr: expect.stringContaining('Operation not permitted') },
    ]);
    expect(seen).toMatchObject({ code: 3, stdout: 'ready\n0\n', complete: true });
    const [one = [], two = []] = seen.extra;
    expect(pathsOf(one)).toContain('openat /etc/issue');
    expect(commandsOf(two)).toEqual(expect.arrayContaining(['ls /etc/missing']));
    expect(recordsOf(one, 'hello')).toHaveLength(1);
    expect([
      ...recordsOf(one, 'loss'),
      ...recordsOf(two, 'loss'),
      ...recordsOf(seen.records, 'loss'),
    ]).toEqual([]);
    // Nothing of it in the application's record.
    expect(pathsOf(seen.records)).not.toContain('openat /etc/issue');
  });

  it('is refused with 125 where no sensor runs', async () => {
    const seen = await runTraced({
      argv: ['true'],
      instead: ['join', '--socket', '/nowhere', '--record', '/.pare/record/r', '--', 'true'],
    });
    expect(seen).toMatchObject({ code: 125, records: [] });
    expect(seen.stderr).toBe('pare-sensor: cannot join the sensor by /nowhere: no such file or directory\n');
  });
});

describe('a supervisor that is killed', () => {
  const opens = 'for (0 .. 400) { open F, "/asked/$_"; print "$_\\n"; select undef, undef, undef, 0.002 }';

  it('is replaced: the application goes on, what it does is seen, and the record says so', async () => {
    const seen = await runTraced({
      argv: ['perl', '-e', `$| = 1; ${opens} exit 4`],
      whileRunning: async (name) => {
        await killSupervisor(name);
        await killSupervisor(name);
      },
    });
    expect(seen).toMatchObject({ code: 4, complete: true });
    const losses = recordsOf(seen.records, 'loss').map(({ reason, count }) => `${reason} ${count}`);
    expect(losses).toEqual(['supervisor-killed 1', 'supervisor-killed 1']);
    const asked = new Set(pathsOf(seen.records).filter((line) => line.startsWith('openat /asked/')));
    // Each death may cost the one call that was being looked at.
    expect(asked.size).toBeGreaterThanOrEqual(399);
  });

  it('too often is given up, and the record ends with that', async () => {
    const seen = await runTraced({
      argv: [
        'perl',
        '-e',
        '$| = 1; print "x"; until (-e "/tmp/x") { select undef, undef, undef, 0.01; last unless $!{ENOENT} } exit 4',
      ],
      whileRunning: async (name) => {
        for (let i = 0; i < 16; i++) await killSupervisor(name);
        for (const pid of (await sensorProcesses(name)).supervisors) process.kill(pid, 'SIGKILL');
      },
    });
    // From then on its calls fail: it must not look as if it had been watched.
    expect(seen.code).toBe(4);
    expect(recordsOf(seen.records, 'loss').at(-1)).toMatchObject({ reason: 'unwatched' });
  });

  it('takes neither signals nor a descriptor of it from the application', async () => {
    const script = `my $info = "\\0" x 128; my @own = grep { open(F, "/proc/$_/comm") && <F> =~ /pare-sensor/ } map { m{/proc/(\\d+)} ? $1 : () } glob "/proc/[0-9]*";
      print scalar @own; for my $p (@own) { print " ", kill(9, $p); print " ", syscall(434, $p, 0); print " ", syscall(129, $p, 9, $info) }`;
    const { stdout, records } = await runTraced({ argv: ['perl', '-e', script] });
    expect(stdout).toBe('2 0 -1 -1 0 -1 -1');
    expect(recordsOf(records, 'loss')).toEqual([]);
  });
});

describe('a record that somebody shortens', () => {
  const opens = 'for (0 .. 2000) { open F, "/asked/$_"; print "$_\\n" if $_ == 1000 } ';
  const record = '/.pare/record/r';

  it.each([
    ['to nothing', 0],
    ['in the middle of a frame', 9999],
    ['on the last page that it has', -100],
  ])('%s: the application goes on to its end, and the record says that it is not whole', async (_, size) => {
    const cut = `my $size = ${size} < 0 ? (-s "${record}") - 262144 : ${size}; truncate("${record}", $size) or die;`;
    const seen = await runTraced({
      keepMounts: true,
      argv: [
        'perl',
        '-e',
        `$| = 1; ${opens} ${cut} for (0 .. 2000) { open F, "/later/$_" } print "end"; exit 4`,
      ],
    });
    expect(seen).toMatchObject({ code: 4, complete: true, stderr: '' });
    expect(seen.stdout).toContain('end');
    expect(seen.records[0]).toMatchObject({ kind: 'hello', arch: 'x86_64', layout: 'application-first' });
    expect(recordsOf(seen.records, 'loss').map(({ reason }) => reason)).toContain('write-failed');
    expect(
      recordsOf(seen.records, 'note')
        .map(({ message }) => message)
        .join(),
    ).toContain('the record was shortened by another program');
    // Frames that were put beyond the new end before it was noticed are gone, no others.
    const later = pathsOf(seen.records).filter((line) => line.startsWith('openat /later/'));
    expect(later.length).toBeGreaterThan(1700);
    expect(later.at(-1)).toBe('openat /later/999');
  });

  it('again and again costs what it had, and neither a wait nor a second supervisor', async () => {
    const cut = `for (0 .. 60) { truncate("${record}", 0) or die; open F, "/later/$_/$_"; open F, "/again/$_" for 0 .. 300 }`;
    const seen = await runTraced({ keepMounts: true, argv: ['perl', '-e', `${cut} exit 4`] });
    expect(seen).toMatchObject({ code: 4, complete: true, stderr: '' });
    const losses = recordsOf(seen.records, 'loss');
    expect(losses.map(({ reason }) => reason)).toContain('write-failed');
    expect(losses.filter(({ reason }) => reason === 'supervisor-killed').length).toBeLessThanOrEqual(1);
    expect(seen.records[0]).toMatchObject({ kind: 'hello' });
    // Since the last time nothing was cut off.
    expect(pathsOf(seen.records)).toContain('openat /later/60/60');
  });
});

describe('with the sensor as the first process', () => {
  const first = ['--sensor-first'];

  it('signals, exit codes and orphans are as with an init', async () => {
    const orphan = '(sh -c "sleep 0.05; exec cat /etc/issue" &); sleep 0.3; grep -l Z /proc/[0-9]*/stat; ';
    const seen = await runTraced({ sensor: first, argv: shell(`${orphan} cat /proc/1/comm; exit 9`) });
    expect(seen).toMatchObject({ code: 9, complete: true });
    expect(seen.stdout).toMatch(/GNU[\s\S]*\npare-sensor\n$/);
    expect(seen.records[0]).toMatchObject({ kind: 'hello', layout: 'sensor-first' });
    expect(commandsOf(seen.records)).toContain('cat /etc/issue');
    const killed = await runTraced({ sensor: first, argv: shell('kill -SEGV $$') });
    expect(killed.code).toBe(139);
    const missing = await runTraced({ sensor: first, argv: ['/no/such'] });
    expect(missing.code).toBe(127);
  });

  it('it is stopped as without the sensor', async () => {
    const trap = shell('trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done');
    const stop = async (name: string): Promise<void> => {
      await execute('docker', ['stop', '--time', '20', name]);
    };
    expect(await runTraced({ sensor: first, argv: trap, whileRunning: stop })).toMatchObject({ code: 9 });
  });
});

describe('without seccomp', () => {
  it('files are watched by fanotify, and the record says which and why', async () => {
    const argv = shell('cat /etc/issue; echo x >/tmp/made; ls /etc >/dev/null; cat /etc/missing; exit 6');
    const seen = await runTraced({ docker: ['--security-opt', `seccomp=${withoutSeccomp}`], argv });
    expect(seen).toMatchObject({ code: 6, complete: true });
    expect(seen.records[0]).toMatchObject({ kind: 'hello', mode: 'fanotify' });
    expect(recordsOf(seen.records, 'note')[0]?.message).toBe(
      'cannot install the system call filter: function not implemented',
    );
    expect(recordsOf(seen.records, 'loss')).toEqual([]);
    const paths = pathsOf(seen.records);
    expect(paths).toEqual(
      expect.arrayContaining(['openat /etc/issue', 'openat /etc', 'openat /tmp/made', 'execve /usr/bin/cat']),
    );
    expect(paths.some((line) => line.includes('missing'))).toBe(false);
    // The loader is a program of its own to the kernel, but not to who reads.
    expect(recordsOf(seen.records, 'exec').map((exec) => textOf(exec.path))).toEqual([
      '/usr/bin/dash',
      '/usr/bin/cat',
      '/usr/bin/ls',
      '/usr/bin/cat',
    ]);
  });

  it('and without privileges nothing is started, and both reasons are said', async () => {
    const seen = await runTraced({
      mode: 'unprivileged',
      docker: ['--cap-drop', 'ALL', '--security-opt', `seccomp=${withoutSeccomp}`],
      argv: shell('echo started'),
    });
    expect(seen).toMatchObject({ code: 125, stdout: '', records: [] });
    expect(seen.stderr).toBe(
      'pare-sensor: cannot install the system call filter: function not implemented; and cannot watch files by fanotify: operation not permitted\n',
    );
  });

  it('is refused where only notifications will do', async () => {
    const seen = await runTraced({
      docker: ['--security-opt', `seccomp=${withoutSeccomp}`],
      sensor: ['--mode', 'notify'],
      argv: ['true'],
    });
    expect(seen.code).toBe(125);
    expect(seen.stderr).toBe(
      'pare-sensor: cannot install the system call filter: function not implemented\n',
    );
  });
});

it('leaves nothing behind', async () => {
  expect((await readdir(directory)).sort()).toEqual(['without-seccomp.json']);
  expect(await readFile('/proc/self/comm', 'utf8')).not.toBe('pare-sensor\n');
  const { stdout } = await execute('docker', [
    'ps',
    '-aq',
    '--filter',
    `name=pare-test-sensor-${process.pid}-`,
  ]);
  expect(stdout).toBe('');
});
