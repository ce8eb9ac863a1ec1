#!/usr/bin/env node
/**
 * What the sensor costs: wall time under it, as a ratio to the same launcher untraced. Paired and interleaved, medians.
 * `--help` says what it takes.
 * Everything runs in a cgroup and with the capabilities that a container of Docker's has, where this machine has groups to give.
 * Ends with 1 when a median is above its goal. Timings only mean something on a machine that does nothing else.
 *
 * "22k stats" asks once for each of 22,000 names in a tree like node_modules, as a module lookup does: half of the names exist.
 * The tree is made before. Its ratio says as much about the untraced stat as about the sensor: below a directory that does
 * not exist a stat costs a third, and the ratio is above 13. Nor can it be any number: with a listener that only lets
 * each call go on and looks at nothing it is 3 to 4, which is the switch to another process and back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { locateSensor } from '../packages/sensor/src/index.ts';
import { readCommandLine, refuse } from '../scripts/command-line.ts';
import { enterCpuGroup } from './cpu-group.ts';
import { findOnPath } from './peer.ts';

interface Workload {
  readonly name: string;
  /** At most this ratio. */
  readonly goal: number;
  readonly argv: readonly string[];
  /** A server that prints its port: what is timed are requests to it. Undefined: the workload's whole run. */
  readonly requests?: number;
}

const server = `
const { createServer } = require('node:http'), { readFile } = require('node:fs');
createServer((request, response) => readFile('/etc/hostname', (error, text) => response.end(text)))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

const workloads = (directory: string): readonly Workload[] => [
  { name: 'node HTTP requests', goal: 1.1, argv: [process.execPath, '-e', server], requests: 4000 },
  {
    name: 'python import-heavy',
    goal: 1.3,
    argv: [
      '/usr/bin/python3',
      '-B',
      '-c',
      'import asyncio, email.mime.text, http.server, json, multiprocessing, sqlite3, ssl, unittest, xml.dom.minidom, xmlrpc.client',
    ],
  },
  {
    name: '500 x true',
    goal: 1.25,
    argv: ['/bin/sh', '-c', 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done'],
  },
  {
    name: 'gcc x 5',
    goal: 1.35,
    argv: ['/bin/sh', '-c', `for i in 1 2 3 4 5; do gcc -O2 -o ${directory}/out ${directory}/source.c; done`],
  },
  {
    name: '22k stats',
    goal: 5.5,
    argv: [join(directory, 'stats'), join(directory, 'tree')],
  },
];

/** What asks for the names, what gcc compiles, and with a second argument what makes the tree. */
const source = `#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PACKAGES = 50, PARTS = 11, MODULES = 20 };

static void make_directory(const char *path)
{
    mkdir(path, 0755);
}

int main(int argc, char **argv)
{
    char path[4096];
    int make = argc > 2, found = 0;
    if (make)
        make_directory(argv[1]);
    for (int package = 0; package < PACKAGES; package++) {
        if (make) {
            snprintf(path, sizeof path, "%s/package-%d", argv[1], package);
            make_directory(path);
        }
        for (int part = 0; part < PARTS; part++) {
            if (make) {
                snprintf(path, sizeof path, "%s/package-%d/part-%d", argv[1], package, part);
                make_directory(path);
            }
            for (int module = 0; module < 2 * MODULES; module++) {
                const char *suffix = module % 2 == 0 ? "js" : "json";
                struct stat status;
                snprintf(path, sizeof path, "%s/package-%d/part-%d/module-%d.%s", argv[1], package, part, module / 2,
                         suffix);
                if (!make)
                    found += stat(path, &status) == 0;
                else if (module % 2 == 0)
                    close(open(path, O_CREAT | O_WRONLY, 0644));
            }
        }
    }
    return !make && found != PACKAGES * PARTS * MODULES;
}
`;

/** How a workload is started: what stands in front of its command line. */
interface Way {
  readonly title: string;
  readonly prefix: (record: string) => readonly string[];
}

async function ended(child: ChildProcess): Promise<void> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0 && signal === null) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

async function timeRun(argv: readonly string[]): Promise<number> {
  const [file = '', ...args] = argv;
  const start = performance.now();
  await ended(spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  return performance.now() - start;
}

/** Sends requests, eight at a time, and reads the answers whole. */
async function sendRequests(port: number, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve, reject) => {
        get({ host: '127.0.0.1', port, agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        );
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  agent.destroy();
}

async function timeRequests(argv: readonly string[], count: number): Promise<number> {
  const [file = '', ...args] = argv;
  // A group of its own: what is in front of the server may not pass signals on.
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    await sendRequests(Number(line), count / 8);
    const start = performance.now();
    await sendRequests(Number(line), count);
    return performance.now() - start;
  } finally {
    const end = once(child, 'exit');
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await end;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** Median times by way, each round all ways after each other, beginning with another one each time. */
async function measure(
  workload: Workload,
  ways: readonly Way[],
  rounds: number,
  directory: string,
): Promise<number[]> {
  const times: number[][] = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < ways.length; step++) {
      const index = (round + step) % ways.length;
      const record = join(directory, `record-${index}`);
      await rm(record, { force: true });
      const argv = [...(ways[index]?.prefix(record) ?? []), ...workload.argv];
      const elapsed =
        workload.requests === undefined ? await timeRun(argv) : await timeRequests(argv, workload.requests);
      times[index]?.push(elapsed);
    }
  }
  // Each round's ratio is of neighbours in time: what the machine did then falls on both.
  const [plain = []] = times;
  return times.map((list) => median(list.map((value, round) => value / (plain[round] ?? Number.NaN))));
}

/** As Pare starts a sensor for Docker: docker run's default capabilities. */
const asInDocker = ['--caps', 'a80425fb'];

function waysOf(peer: string | undefined): readonly Way[] {
  const sensor = locateSensor(process.arch === 'arm64' ? 'arm64' : 'amd64').path;
  const strace = findOnPath(['strace'], process.env.PATH ?? '');
  const words =
    peer?.split(' ') ??
    (strace === undefined ? undefined : [strace.path, '-f', '-o', '/dev/null', '-e', 'trace=%file']);
  return [
    { title: 'untraced', prefix: () => [sensor, 'run', '--untraced', ...asInDocker, '--'] },
    { title: 'sensor', prefix: (record) => [sensor, 'run', '--record', record, ...asInDocker, '--'] },
    ...(words === undefined ? [] : [{ title: peer === undefined ? 'strace' : 'peer', prefix: () => words }]),
  ];
}

async function main(): Promise<void> {
  const known = workloads('').map(({ name }) => name);
  const usage = {
    text: `usage: bench/sensor.ts [--rounds N] [--peer 'COMMAND …'] [NAME…]
Measures what the sensor costs, as a ratio to the same launcher untraced, in rounds (7) that take turns.
COMMAND is put in front of a workload for a column of its own; when left out, strace's file tracing where it is on PATH.
NAME is one of ${known.map((name) => `'${name}'`).join(', ')}; all when left out.
`,
    options: { rounds: { type: 'string', default: '7' }, peer: { type: 'string' } },
    names: known,
  } as const;
  const { values, names } = readCommandLine(usage);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a number above 0', usage);
  await using group = await enterCpuGroup();
  if (group === undefined)
    console.log('No cgroup of the cpu controller can be made here: sessions share the processors.');
  const directory = await mkdtemp(join(tmpdir(), 'pare-bench-sensor-'));
  try {
    await writeFile(join(directory, 'source.c'), source);
    await timeRun(['gcc', '-O2', '-o', join(directory, 'stats'), join(directory, 'source.c')]);
    await timeRun([join(directory, 'stats'), join(directory, 'tree'), 'make']);
    const ways = waysOf(values.peer);
    console.log(
      [
        'workload'.padEnd(22),
        'goal'.padStart(8),
        ...ways.slice(1).map(({ title }) => title.padStart(10)),
      ].join(''),
    );
    for (const workload of workloads(directory)) {
      if (names.length > 0 && !names.includes(workload.name)) continue;
      const [, ...ratios] = await measure(workload, ways, rounds, directory);
      const missed = (ratios[0] ?? Number.NaN) > workload.goal;
      console.log(
        [
          workload.name.padEnd(22),
          workload.goal.toFixed(2).padStart(8),
          ...ratios.map((ratio) => ratio.toFixed(2).padStart(10)),
          missed ? '  above its goal' : '',
        ].join(''),
      );
      if (missed) process.exitCode = 1;
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

await main();
