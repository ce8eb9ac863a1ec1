import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateSensor } from '../../packages/sensor/src/index.ts';
import { testBase } from '../../packages/testkit/src/index.ts';
import {
  execute,
  pathsOf,
  type RunInput,
  recordsOf,
  runPlain,
  runTraced,
  textOf,
} from './sensor/run-sensor.ts';

const fixtures = fileURLToPath(new URL('./sensor/fixtures', import.meta.url));
const label = `pare-sensor-conformance-${process.pid}`;
const inits = `${label}:inits`;
const bare = `${label}:bare`;
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-test-conformance-'));
  const conform = join(directory, 'conform');
  execFileSync('gcc', ['-O1', '-static', '-pthread', '-o', conform, join(fixtures, 'conform.c')]);
  execFileSync('gcc', [
    '-O1',
    '-static',
    '-m32',
    '-nostdlib',
    '-o',
    join(directory, 'i386'),
    join(fixtures, 'i386.S'),
  ]);
  const context = join(directory, 'context');
  mkdirSync(context);
  cpSync(conform, join(context, 'conform'));
  const build = (tag: string, dockerfile: string): void => {
    writeFileSync(join(context, 'Dockerfile'), dockerfile);
    execFileSync('docker', ['build', '-q', '--network', 'host', '--label', label, '-t', tag, context], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
    });
  };
  build(
    inits,
    `FROM ${testBase()}\nRUN apt-get update && apt-get install -y --no-install-recommends tini dumb-init s6`,
  );
  build(bare, 'FROM scratch\nCOPY conform /conform');
});

afterAll(() => {
  for (const tag of [inits, bare]) execFileSync('docker', ['rmi', '-f', tag], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
});

const mount = (): string[] => ['--volume', `${directory}:/fixtures:ro`];
const shell = (script: string): string[] => ['sh', '-c', script];

/** PIDs and the times of one run are its own. */
const steady = (text: string): string => text.replaceAll(/pid \d+ parent \d+ session \d+ group \d+/g, 'ids');

/** A shell says so when a signal to its group meets it while it waits for a program, and not between two. */
const withoutChance = (text: string): string => text.replaceAll('Terminated\n', '');

type Case = Omit<RunInput, 'sensor' | 'mode'> &
  Pick<RunInput, 'sensor' | 'mode'> & { readonly plain?: readonly string[] };

/** The same command with and without the sensor: output and exit code are equal, and nothing was lost. */
async function compare(input: Case, change: (text: string) => string = (text) => text) {
  const { plain: plainDocker, sensor: _, mode: __, ...common } = input;
  const plain = await runPlain({ ...common, docker: [...(input.docker ?? []), ...(plainDocker ?? [])] });
  const seen = await runTraced(input);
  expect(steady(seen.stdout)).toBe(change(steady(plain.stdout)));
  expect(withoutChance(seen.stderr)).toBe(withoutChance(plain.stderr));
  expect(seen.code).toBe(plain.code);
  expect(recordsOf(seen.records, 'loss')).toEqual([]);
  return seen;
}

const programs = 'descriptors threads own-filter own-listener tracer jail zombies signals';
const everything = `for name in ${programs}; do echo "- $name"; /fixtures/conform $name; echo "ended with $?"; done`;
/** PROTOCOL.md: an own listener finds ours. */
const listenerIsBusy = (text: string): string => text.replace('own listener given', 'own listener busy');

describe('programs do with the sensor what they do without', () => {
  it('as root', async () => {
    const seen = await compare({ docker: mount(), argv: shell(everything) }, listenerIsBusy);
    expect(seen.stdout).toContain('chroot 0, inside 0, outside -1');
    expect(seen.stdout).toContain('traced many, openat stops 2, end 3');
    expect(pathsOf(seen.records)).toContain('newfstatat /usr/bin');
  });

  it('as another user, on a read-only root', async () => {
    const user = ['--uid', '65534', '--gid', '65534', '--groups', '65534', '--home', '/nonexistent'];
    await compare(
      {
        docker: [...mount(), '--read-only'],
        plain: ['--user', 'nobody'],
        sensor: user,
        argv: shell(`${everything}; id; umask; touch /x || echo read-only`),
        dockerTraced: ['--user', '0:0'],
      },
      listenerIsBusy,
    );
  });

  it('without any privilege or capability', async () => {
    const docker = [...mount(), '--cap-drop', 'ALL', '--read-only', '--security-opt', 'no-new-privileges'];
    await compare({ docker, mode: 'unprivileged', argv: shell(everything) }, listenerIsBusy);
  });

  it('as the first process, in an image that holds nothing else', async () => {
    const seen = await compare({ image: bare, argv: ['/conform', 'descriptors'] });
    expect(seen.stdout).toBe('descriptor 0\ndescriptor 1\ndescriptor 2\npid 1 parent 0 session 1 group 1\n');
  });

  it.each([
    ['closes all descriptors', 'close-all', 5, 'newfstatat /etc/no-such-file', []],
    ['exhausts processes', 'exhaust', 8, 'newfstatat /asked/at/the/limit', ['--pids-limit', '40']],
  ])('and one that %s is seen to its end', async (_, name, code, path, docker) => {
    const seen = await compare({ docker: [...mount(), ...docker], argv: ['/fixtures/conform', name] });
    expect(seen).toMatchObject({ code, complete: true });
    expect(pathsOf(seen.records)).toContain(path);
  });

  it('and a 32-bit program as the first process', async () => {
    const seen = await compare({ docker: mount(), argv: ['/fixtures/i386'] });
    expect(seen.code).toBe(7);
  });
});

describe('an init as the first process', () => {
  it.each([
    ['tini', ['tini', '--']],
    ['dumb-init', ['dumb-init', '--']],
  ])('%s passes signals on and reaps', async (_, init) => {
    // A zombie that stays keeps it from its exit code until it is killed.
    const reaped = 'while grep -sq "^State:.Z" /proc/[0-9]*/status; do :; done';
    const script = `(sleep 0.05 &); echo ready; trap '${reaped}; exit 7' TERM; while :; do sleep 0.05; done`;
    const stop = async (name: string): Promise<void> => {
      await execute('docker', ['stop', '--time', '20', name]);
    };
    const seen = await compare({ image: inits, argv: [...init, 'sh', '-c', script], whileRunning: stop });
    expect(seen).toMatchObject({ code: 7, stdout: 'ready\n' });
  });

  it('s6 supervises, kills everyone in the end, and is seen', async () => {
    const script = `mkdir -p /s/a /s/.s6-svscan; printf '#!/bin/sh\\ncat /etc/issue.net\\ns6-svscanctl -t /s\\nexec sleep 60\\n' >/s/a/run
      printf '#!/bin/sh\\nkill -9 -1\\necho finished\\n' >/s/.s6-svscan/finish; chmod +x /s/a/run /s/.s6-svscan/finish; exec s6-svscan /s`;
    const seen = await compare({ image: inits, argv: shell(script) });
    expect(seen.stdout).toContain('Debian');
    expect(pathsOf(seen.records).some((line) => line.endsWith('/etc/issue.net'))).toBe(true);
    expect(recordsOf(seen.records, 'exec').map((exec) => textOf(exec.path))).toContain(
      '/usr/bin/s6-supervise',
    );
  });
});

describe('bad input', () => {
  it('a sensor of another architecture does not start the application, and leaves no record', async () => {
    const seen = await runTraced({ binary: locateSensor('arm64').path, argv: ['true'] });
    expect(seen.code).not.toBe(0);
    expect(seen.stderr).toContain('exec format error');
    expect(seen.records).toEqual([]);
  });

  it('a record that is removed midway: the application goes on to its end', async () => {
    const seen = await runTraced({
      keepMounts: true,
      argv: shell('rm /.pare/record/r; find /usr/share/doc >/dev/null; echo end; exit 3'),
    });
    expect(seen).toMatchObject({ code: 3, stdout: 'end\n', stderr: '', records: [], complete: false });
  });

  it('a record on a full disk that cannot even be begun ends with 125', async () => {
    const seen = await runTraced({
      docker: ['--mount', 'type=tmpfs,destination=/full,tmpfs-size=4096'],
      instead: ['run', '--record', '/full/no/r', '--', 'true'],
      argv: [],
    });
    expect(seen).toMatchObject({ code: 125 });
    expect(seen.stderr).toBe('pare-sensor: cannot open the record /full/no/r: no such file or directory\n');
  });
});
