import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createRecordDecoder,
  locateSensor,
  type SensorRecord,
  syscallName,
} from '../../../packages/sensor/src/index.ts';
import { testBase } from '../../../packages/testkit/src/real-engine.ts';

/** Docker's default capabilities, those that every plain run here has. */
const defaultCapabilities = 'a80425fb';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Traced extends Outcome {
  readonly records: readonly SensorRecord[];
  /** Whether the record ends with a whole frame. */
  readonly complete: boolean;
  /** The record itself. */
  readonly bytes: Uint8Array;
  /** The records of commands that joined, in the order of `extraRecords`. */
  readonly extra: readonly (readonly SensorRecord[])[];
}

export interface RunInput {
  /** Of `docker run`, in front of the image. */
  readonly docker?: readonly string[];
  /** Of the sensor, in front of `--`. */
  readonly sensor?: readonly string[];
  /** The privileged-enough mode (default), or that without any privilege. */
  readonly mode?: 'capable' | 'unprivileged';
  /** The whole command line of the sensor, in place of one made of `sensor` and `argv`. */
  readonly instead?: readonly string[];
  /** Over the test base. */
  readonly image?: string;
  /** Further ones of `docker run` that only the run under the sensor has. */
  readonly dockerTraced?: readonly string[];
  /** Over the prebuilt one for amd64. */
  readonly binary?: string;
  /** Whether to leave the sensor's mounts in the application's sight. */
  readonly keepMounts?: boolean;
  /** Names of further records in the record's directory. */
  readonly extraRecords?: readonly string[];
  /** Directory in which that of the records is made, over the machine's temporary one. */
  readonly recordsBelow?: string;
  readonly argv: readonly string[];
  /** Called with the container's name once its output has begun. */
  readonly whileRunning?: (name: string) => Promise<unknown>;
}

/** Runs a program of this machine to its end. */
export async function execute(
  file: string,
  args: readonly string[],
  onOutput?: () => void,
): Promise<Outcome> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    stdout += text;
    onOutput?.();
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, stdout, stderr };
}

async function runContainer(
  args: readonly string[],
  whileRunning?: RunInput['whileRunning'],
): Promise<Outcome> {
  const name = `pare-test-sensor-${process.pid}-${randomBytes(4).toString('hex')}`;
  const options = ['run', '--rm', '--name', name, '--label', 'pare.test=sensor'];
  let visit: Promise<unknown> | undefined;
  try {
    return await execute('docker', [...options, ...args], () => {
      visit ??= whileRunning?.(name);
    });
  } finally {
    await visit;
    await execute('docker', ['rm', '--force', '--volumes', name]);
  }
}

/** Runs a command in a container without the sensor. */
export async function runPlain(input: Omit<RunInput, 'sensor' | 'mode'>): Promise<Outcome> {
  return runContainer(
    [...(input.docker ?? []), input.image ?? testBase(), ...input.argv],
    input.whileRunning,
  );
}

/** The flags that docs and adapters give too: see PROTOCOL.md. */
function flagsOf(
  mode: 'capable' | 'unprivileged',
  keepMounts: boolean,
): { docker: string[]; sensor: string[] } {
  if (mode === 'unprivileged')
    return { docker: ['--security-opt', 'no-new-privileges'], sensor: ['--no-new-privs'] };
  return {
    docker: ['--cap-add', 'SYS_ADMIN', '--cap-add', 'SYS_PTRACE'],
    sensor: [
      ...['--caps', defaultCapabilities, '--restore-docker-refusals', '--restore-docker-20-refusals'],
      ...(keepMounts ? [] : ['--detach', '/.pare/bin', '--detach', '/.pare/record', '--detach', '/.pare']),
    ],
  };
}

/** Runs the same command under the sensor, and reads its record. */
export async function runTraced(input: RunInput): Promise<Traced> {
  const directory = await mkdtemp(join(input.recordsBelow ?? tmpdir(), 'pare-test-sensor-'));
  try {
    await chmod(directory, 0o777);
    const mode = flagsOf(input.mode ?? 'capable', input.keepMounts ?? false);
    const outcome = await runContainer(
      [
        ...['--volume', `${dirname(input.binary ?? locateSensor('amd64').path)}:/.pare/bin:ro`],
        ...['--volume', `${directory}:/.pare/record`, '--entrypoint', '/.pare/bin/pare-sensor'],
        ...mode.docker,
        ...(input.docker ?? []),
        ...(input.dockerTraced ?? []),
        input.image ?? testBase(),
        ...(input.instead ?? [
          'run',
          '--record',
          '/.pare/record/r',
          ...mode.sensor,
          ...(input.sensor ?? []),
          '--',
          ...input.argv,
        ]),
      ],
      input.whileRunning,
    );
    const names = input.extraRecords ?? [];
    const extra = await Promise.all(names.map((name) => readRecord(join(directory, name))));
    return {
      ...outcome,
      ...(await readRecord(join(directory, 'r'))),
      extra: extra.map(({ records }) => records),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Decodes a record file; a missing one is an empty record. */
export async function readRecord(path: string): Promise<Pick<Traced, 'records' | 'complete' | 'bytes'>> {
  const decoder = createRecordDecoder();
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return new Uint8Array(0);
    throw error;
  });
  const records = decoder.push(bytes);
  return { records, ...decoder.end(), bytes };
}

export type RecordOf<Kind extends SensorRecord['kind']> = Extract<SensorRecord, { kind: Kind }>;

export function recordsOf<Kind extends SensorRecord['kind']>(
  records: readonly SensorRecord[],
  kind: Kind,
): RecordOf<Kind>[] {
  return records.filter((record): record is RecordOf<Kind> => record.kind === kind);
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** `call path` of every path record, once and sorted. */
export function pathsOf(records: readonly SensorRecord[]): string[] {
  const lines = recordsOf(records, 'path').map(
    (record) => `${syscallName(record.arch, record.syscall)} ${textOf(record.path)}`,
  );
  return [...new Set(lines)].sort();
}

/** Program and arguments of every exec record, in their order. */
export function commandsOf(records: readonly SensorRecord[]): string[] {
  return recordsOf(records, 'exec').map((record) => record.argv.map(textOf).join(' '));
}
