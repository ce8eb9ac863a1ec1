import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessOf } from '../../packages/sensor/src/index.ts';
import {
  commandsOf,
  execute,
  pathsOf,
  type RunInput,
  readRecord,
  recordsOf,
  runPlain,
  runTraced,
  textOf,
} from './sensor/run-sensor.ts';

const shell = (script: string): string[] => ['sh', '-c', script];

/** What a process can see of itself and of its surroundings. Seccomp_filters is one more (PROTOCOL.md); SigQ counts root's of the whole machine. */
const lookAround = shell(
  `grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:|SigIgn)' /proc/1/status
   grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:|Sig[^Q])' /proc/self/status
   env | grep -v ^HOSTNAME= | sort; pwd; umask; ulimit -a; tr '\\0' ' ' </proc/1/cmdline
   for d in /proc/1/fd/*; do echo $d $(readlink $d | tr -d 0-9); done
   ls -A / /dev; cut -d' ' -f5 /proc/1/mountinfo; echo to-stdout >/dev/stdout; cat /proc/1/oom_score_adj`,
);

async function compare(docker: readonly string[], traced: Omit<RunInput, 'argv'>): Promise<void> {
  const plain = await runPlain({ docker, argv: lookAround });
  const seen = await runTraced({ ...traced, argv: lookAround });
  expect(seen.stderr).toBe(plain.stderr);
  expect(seen.stdout).toBe(plain.stdout);
  expect(seen.code).toBe(plain.code);
  expect(plain.stdout).toContain('to-stdout');
  expect(recordsOf(seen.records, 'loss')).toEqual([]);
}

describe('the sensor is not noticed', () => {
  it('by root', () => compare([], {}));

  it('by the user of an image', () =>
    compare(['--user', 'nobody'], {
      docker: ['--user', '0:0'],
      sensor: ['--uid', '65534', '--gid', '65534', '--groups', '65534', '--home', '/nonexistent'],
    }));

  it('by a user with a group and a home of its own', () =>
    compare(['--user', '1234:5', '--group-add', '7', '--env', 'HOME=/tmp', '--workdir', '/usr'], {
      docker: ['--user', '0:0', '--env', 'HOME=/tmp', '--workdir', '/usr'],
      sensor: ['--uid', '1234', '--gid', '5', '--groups', '5,7'],
    }));

  it('by root with fewer capabilities', () =>
    compare(['--cap-drop', 'ALL', '--cap-add', 'CHOWN'], {
      docker: ['--cap-drop', 'ALL', '--cap-add', 'CHOWN', '--cap-add', 'SETPCAP'],
      sensor: ['--caps', '1'],
    }));

  it('by a program that signals everyone, and the supervisor itself', async () => {
    const script = `sleep 60 & for p in /proc/[0-9]*; do grep -q pare-sensor $p/comm && kill -9 \${p#/proc/}; done
      kill -STOP -1; kill -CONT -1; kill -9 -1; wait; ls /etc/hostname; kill -9 -1; echo $?; exit 3`;
    const seen = await runTraced({ argv: shell(script) });
    expect(seen).toMatchObject({ code: 3, stdout: '/etc/hostname\n1\n' });
    expect(seen.stderr.match(/No such process/g)).toHaveLength(3);
    expect(pathsOf(seen.records)).toContain('openat /etc/ld.so.cache');
  });

  it('by who waits for children', async () => {
    const script = 'print waitpid(-1, 0), " ", $!+0, "\\n"; print wait(), "\\n"';
    const plain = await runPlain({ argv: ['perl', '-e', script] });
    expect(await runTraced({ argv: ['perl', '-e', script] })).toMatchObject({
      stdout: plain.stdout,
      code: 0,
    });
  });

  it('by who stops it', async () => {
    const trap = shell('trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done');
    const stop = async (name: string): Promise<void> => {
      await execute('docker', ['stop', '--time', '20', name]);
    };
    expect(await runTraced({ argv: trap, whileRunning: stop })).toMatchObject({ code: 9, complete: true });
  });
});

describe('the exit code and the message are those without the sensor', () => {
  const make = 'printf "#!/no/such\\n" >/tmp/i; printf "x\\n" >/tmp/f; chmod 755 /tmp/i /tmp/f; exec';
  it.each([
    ['an exit code', 'exit 42'],
    ['a fatal signal', 'kill -SEGV $$'],
    ['an interpreter that is missing, later', `${make} /tmp/i`],
    ['a format that is wrong, later', `${make} /tmp/f`],
  ])('for %s', async (_, script) => {
    const plain = await runPlain({ argv: shell(script) });
    expect(await runTraced({ argv: shell(script) })).toMatchObject({
      code: plain.code,
      stderr: plain.stderr,
    });
  });

  it.each([
    ['a program that is not there', ['/no/such'], 'no such file or directory'],
    ['a name that is not in PATH', ['no-such'], 'executable file not found in $PATH'],
    ['a file that is no program', ['/etc/passwd'], 'permission denied'],
    ['a directory', ['/etc'], 'permission denied'],
  ])('for %s', async (_, argv, message) => {
    const plain = await runPlain({ argv });
    const seen = await runTraced({ argv });
    expect(plain.stderr).toContain(message);
    expect(seen.stderr).toContain(message);
    expect(seen.code).toBe(plain.code);
    expect(commandsOf(seen.records)).toEqual([]);
  });

  it('and 125 when the sensor itself cannot start', async () => {
    const seen = await runTraced({ argv: ['true'], sensor: ['--home'] });
    expect(seen).toMatchObject({ code: 125, records: [] });
    expect(seen.stderr).toContain('pare-sensor: bad value of --home');
    const refused = await runTraced({
      argv: ['true'],
      mode: 'unprivileged',
      sensor: ['--uid', '1', '--gid', '1', '--groups', ''],
      docker: ['--cap-drop', 'ALL'],
    });
    expect(refused).toMatchObject({ code: 125 });
    expect(refused.stderr).toMatch(/^pare-sensor: cannot .*: operation not permitted/);
    expect(commandsOf(refused.records)).toEqual([]);
  });
});

describe('without any privilege', () => {
  const docker = ['--cap-drop', 'ALL', '--read-only'];

  it.each(['0', 'nobody'])('it sees what user %s does', async (user) => {
    const argv = shell(
      'cat /etc/hostname; ls /usr /nonexistent; id -u; grep -E "^(Cap|NoNew)" /proc/1/status',
    );
    const plain = await runPlain({
      docker: [...docker, '--user', user, '--security-opt', 'no-new-privileges'],
      argv,
    });
    const seen = await runTraced({ mode: 'unprivileged', docker: [...docker, '--user', user], argv });
    const [first, ...others] = seen.stdout.split('\n');
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(others).toEqual(plain.stdout.split('\n').slice(1));
    expect(seen.code).toBe(plain.code);
    expect(commandsOf(seen.records).slice(1)).toEqual([
      'cat /etc/hostname',
      'ls /usr /nonexistent',
      'id -u',
      'grep -E ^(Cap|NoNew) /proc/1/status',
    ]);
    expect(pathsOf(seen.records)).toEqual(
      expect.arrayContaining(['openat /etc/hostname', 'openat /usr', 'statx /nonexistent']),
    );
    expect(recordsOf(seen.records, 'loss')).toEqual([]);
  });
});

describe('the record', () => {
  it('begins with a hello and tells who ran what, and what each asked for', async () => {
    const { records, complete } = await runTraced({
      argv: shell('cat /etc/hostname /etc/missing >/tmp/x; cd /usr; ls lib | head -1'),
    });
    expect(complete).toBe(true);
    expect(records[0]).toMatchObject({ kind: 'hello', protocol: 3, arch: 'x86_64', mode: 'notify' });
    const execs = recordsOf(records, 'exec');
    expect(commandsOf(records).slice(1).toSorted()).toEqual([
      'cat /etc/hostname /etc/missing',
      'head -1',
      'ls lib',
    ]);
    expect(execs[0]).toMatchObject({ exec: 1, pid: 1, parentPid: 0 });
    expect(execs.slice(1).every((exec) => exec.parentPid === 1)).toBe(true);
    const cat = execs.find(
      (exec) => textOf(exec.path) === '/usr/bin/cat' || textOf(exec.path) === '/bin/cat',
    );
    const facts = recordsOf(records, 'path').map(
      (record) => `${record.exec === cat?.exec} ${accessOf(record)} ${record.existed} ${textOf(record.path)}`,
    );
    expect(facts).toEqual(
      expect.arrayContaining([
        'true read yes /etc/hostname',
        'true read no /etc/missing',
        'false create no /tmp/x',
        'false enter yes /usr',
        'false list yes /usr/lib',
      ]),
    );
  });

  it('is whole after a kill at any moment', async () => {
    for (let i = 0; i < 3; i++) {
      const { records, code } = await runTraced({
        argv: shell('echo ready; while :; do find /usr/share -newer /etc/passwd; done'),
        whileRunning: async (name) => {
          await execute('docker', ['kill', name]);
        },
      });
      expect(code).toBe(137);
      expect(commandsOf(records).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('names what is bound, listened on and connected to', async () => {
    const script = `use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die; listen(S, 5) or die;
      my ($port) = sockaddr_in(getsockname(S)); socket(C, PF_INET, SOCK_STREAM, 0); connect(C, sockaddr_in($port, INADDR_LOOPBACK)) or die;
      socket(U, PF_UNIX, SOCK_DGRAM, 0); bind(U, sockaddr_un("/tmp/u")) or die; chdir "/tmp"; socket(V, PF_UNIX, SOCK_DGRAM, 0);
      send(V, "x", 0, sockaddr_un("u")) or die; print $port`;
    const { records, stdout, stderr } = await runTraced({ argv: ['perl', '-e', script] });
    expect(stderr).toBe('');
    const port = Number(stdout);
    const sockets = recordsOf(records, 'socket').map((s) => [
      s.operation,
      s.family,
      s.port,
      textOf(s.address),
    ]);
    const loopback = '\x7f\0\0\x01';
    expect(sockets).toEqual([
      ['bind', 2, 0, loopback],
      ['listen', 2, port, loopback],
      ['connect', 2, port, loopback],
      ['bind', 1, 0, '/tmp/u'],
      ['connect', 1, 0, 'u'],
    ]);
    expect(pathsOf(records)).toEqual(expect.arrayContaining(['bind /tmp/u', 'sendto /tmp/u']));
    expect(recordsOf(records, 'argument').map((a) => a.value)).toEqual(expect.arrayContaining([1n, 2n]));
  });

  it('attributes an adopted daemon to the program that forked it', async () => {
    const script =
      'if (fork) { exit } select(undef, undef, undef, 0.01) while getppid() != 1; open F, "/etc/issue"; print "done"';
    const { records } = await runTraced({ argv: shell(`perl -e '${script}' | cat`) });
    const perl = recordsOf(records, 'exec').find((exec) => textOf(exec.path).endsWith('/perl'));
    const issue = recordsOf(records, 'path').find((record) => textOf(record.path) === '/etc/issue');
    expect(issue?.exec).toBe(perl?.exec);
    expect(issue?.pid).not.toBe(perl?.pid);
  });

  it('sees setuid programs, and paths below a chroot', async () => {
    const setuid = await runTraced({
      docker: ['--user', '0:0'],
      sensor: ['--uid', '65534', '--gid', '65534', '--groups', '65534'],
      argv: ['passwd', '--status', 'nobody'],
    });
    expect(setuid.stdout).toMatch(/^nobody L/);
    expect(pathsOf(setuid.records)).toContain('openat /etc/shadow');
    expect(recordsOf(setuid.records, 'loss')).toEqual([]);
    const jailed = await runTraced({
      argv: ['perl', '-e', 'chroot "/usr"; chdir "/"; open F, "/bin/env"; -e "lib"; -e "/no"'],
    });
    const paths = pathsOf(jailed.records);
    expect(paths).toEqual(
      expect.arrayContaining([
        'chroot /usr',
        'openat /usr/bin/env',
        'newfstatat /usr/lib',
        'newfstatat /usr/no',
      ]),
    );
  });

  it('counts what a full disk does not take, and the application goes on', async () => {
    const { stdout, code, stderr } = await runTraced({
      docker: ['--mount', 'type=tmpfs,destination=/small,tmpfs-size=65536'],
      sensor: ['--record', '/small/r'],
      argv: shell('find /usr >/dev/null && echo done && exec od -An -v -tx1 /small/r'),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const directory = await mkdtemp(join(tmpdir(), 'pare-test-sensor-'));
    try {
      const bytes = Buffer.from(stdout.slice('done\n'.length).replaceAll(/\s/g, ''), 'hex');
      await writeFile(`${directory}/r`, bytes);
      const { records, complete } = await readRecord(`${directory}/r`);
      expect(complete).toBe(true);
      const losses = recordsOf(records, 'loss');
      expect(losses.every((loss) => loss.reason === 'write-failed')).toBe(true);
      expect(losses.reduce((sum, loss) => sum + loss.count, 0)).toBeGreaterThan(100);
      expect(bytes.length).toBeLessThanOrEqual(65536);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
