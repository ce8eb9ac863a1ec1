import { type ImagePath, isDirectlyBelow, parentOf } from '@pare/oci';
import type { AccessKind, FileUse, ObservedProcess, SyscallUse } from '../model/observation.ts';
import type { ReportedFile, RunReport } from '../model/run-report.ts';
import { goFileMode } from './go-file-mode.ts';
import { jsonPieces, type MadeList, madeList } from './json-pieces.ts';

/** Number of a system call, for the keys of `syscall_stats`; undefined where it is not known. */
export type SyscallNumbers = (arch: SyscallUse['arch'], name: string) => number | undefined;

/** What it tells of, which is known before there is a verdict. */
export type ObservedReport = Pick<RunReport, 'observation' | 'engine' | 'files'> & {
  readonly fat: Pick<RunReport['fat'], 'id' | 'config'>;
};

/**
 * creport.json in the layout `ov/container/1.1` that scripts for docker-slim and mint read. docs/report.md says which fields are
 * exact and which Pare does not know; it comes in pieces that are to be joined. Without `numberOf`, `syscall_stats` is keyed by name and `num` is -1.
 */
export function* containerReportPieces(
  report: ObservedReport,
  numberOf: SyscallNumbers = () => undefined,
): Generator<string, undefined> {
  const { observation, engine, fat } = report;
  const [appName = '', ...appArgs] = observation.processes[0]?.argv ?? [];
  const document = {
    document: 'doc.report.container',
    version: 'ov/container/1.1',
    target_type: 'container',
    target_id: '',
    image_id: fat.id,
    start_command: { app_name: appName, app_args: appArgs },
    sensor: {
      version: `linux/${goArchitecture(observation.sensor.arch)}|pare|${observation.sensor.version}`,
      args: [],
    },
    system: { type: 'Linux', release: engine.kernel, distro: distribution(engine.operatingSystem) },
    monitors: { fan: fileMonitor(report), pt: syscallMonitor(report, numberOf) },
    image: { files: imageFiles(report) },
  };
  yield* jsonPieces(document);
  yield '\n';
}

const goArchitectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  i386: '386',
  aarch64: 'arm64',
  arm: 'arm',
};

function goArchitecture(arch: string): string {
  return goArchitectures[arch] ?? arch;
}

/** `Debian GNU/Linux 12 (bookworm)` into its parts. */
function distribution(operatingSystem: string): object {
  const [, name = operatingSystem, version = ''] = /^(.*?)\s+v?(\d[\w.]*)/.exec(operatingSystem) ?? [];
  return { name, version, display_name: operatingSystem };
}

function fileMonitor({ observation, fat }: ObservedReport): object {
  const { processes, files } = observation;
  const workdir = fat.config.config.WorkingDir;
  const rendered = processes.map((process) => renderProcess(process, processes, workdir));
  const byProcess = new Map<number, Record<string, object>>();
  let opened = 0;
  let events = 0;
  files.forEach((use) => {
    // Most are looks in vain.
    if (!use.existed) return;
    const counts = countsOf(use);
    const count = eventsOf(counts);
    if (count === 0) return;
    opened += 1;
    events += count;
    const pid = processes[use.process]?.pid ?? 0;
    const uses = byProcess.get(pid) ?? Object.create(null);
    byProcess.set(pid, uses);
    uses[use.path] = { event_count: count, first_eid: opened, ...counts };
  });
  return {
    monitor_pid: 0,
    monitor_ppid: 0,
    event_count: events,
    main_process: rendered[0] ?? null,
    processes: Object.fromEntries(processes.map(({ pid }, at) => [pid, rendered[at]])),
    process_files: Object.fromEntries(byProcess),
  };
}

function renderProcess(
  process: ObservedProcess,
  all: readonly ObservedProcess[],
  workdir: string | undefined,
): object {
  const parent = process.parent === undefined ? undefined : all[process.parent];
  const path = process.executable ?? '';
  return {
    pid: process.pid,
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    cmd: process.argv.join(' '),
    cwd: workdir || '/',
    root: '/',
    ppid: parent?.pid ?? 0,
  };
}

/** What the record tells of a file is the kinds of use, each once. */
interface UseCounts {
  readonly reads: 1 | undefined;
  readonly writes: 1 | undefined;
  readonly execs: 1 | undefined;
}

function countsOf({ accesses }: FileUse): UseCounts {
  return {
    reads: onceFor(accesses, 'read', 'load'),
    writes: onceFor(accesses, 'write', 'create'),
    execs: onceFor(accesses, 'execute'),
  };
}

function onceFor(accesses: readonly AccessKind[], one: AccessKind, other = one): 1 | undefined {
  return accesses.includes(one) || accesses.includes(other) ? 1 : undefined;
}

function eventsOf({ reads, writes, execs }: UseCounts): number {
  return (reads ?? 0) + (writes ?? 0) + (execs ?? 0);
}

function syscallMonitor({ observation }: ObservedReport, numberOf: SyscallNumbers): object {
  const main = observation.sensor.arch;
  const calls = observation.syscalls.filter(({ arch }) => arch === main);
  const stats = calls.map(({ arch, name }) => {
    const number = numberOf(arch, name);
    return [String(number ?? name), { num: number ?? -1, name, count: 1 }] as const;
  });
  return {
    enabled: observation.account.mode === 'notify',
    arch_name: goArchitecture(main),
    syscall_count: calls.length,
    syscall_num: calls.length,
    syscall_stats: Object.fromEntries(stats),
    fs_activity: fileActivity(observation.files, observation.processes),
  };
}

const checks: readonly AccessKind[] = ['stat', 'readlink', 'enter'];

function fileActivity(files: readonly FileUse[], processes: readonly ObservedProcess[]): object {
  const parents = parentsOf(files);
  const pids = processes.map(({ pid }) => ({ [pid]: {} }));
  const nobody = { 0: {} };
  const entries = files
    .filter((use) => use.existed)
    .map(({ path, accesses, process }) => {
      const activity = {
        ops_all: accesses.length,
        ops_checkfile: accesses.filter((kind) => checks.includes(kind)).length,
        syscalls: {},
        pids: pids[process] ?? nobody,
        is_subdir: parents.has(path),
      };
      return [path, activity] as const;
    });
  return Object.fromEntries(entries);
}

function parentsOf(files: readonly FileUse[]): ReadonlySet<ImagePath> {
  const parents = new Set<ImagePath>();
  let last: ImagePath | undefined;
  files.forEach(({ path }) => {
    // A name is often looked for with one ending after the other.
    if (last !== undefined && isDirectlyBelow(path, last)) return;
    last = parentOf(path);
    parents.add(last);
  });
  return parents;
}

const fileTypes: Readonly<Record<ReportedFile['kind'], string>> = {
  file: 'file',
  directory: 'dir',
  symlink: 'symlink',
  'char-device': 'device',
  'block-device': 'device',
  fifo: 'pipe',
};

function imageFiles({ files = [], observation }: ObservedReport): MadeList {
  const uses = new Map<string, FileUse>();
  observation.files.forEach((use) => {
    uses.set(use.path, use);
  });
  return madeList(files, (file) => {
    const { modex, mode } = goFileMode(file);
    return {
      file_type: fileTypes[file.kind],
      file_path: file.path,
      modex,
      mode,
      link_ref: file.target,
      flags: flagsOf(uses.get(file.path)),
      file_size: file.sizeBytes,
      uid: file.uid,
      gid: file.gid,
    };
  });
}

function flagsOf(use: FileUse | undefined): object | undefined {
  if (use === undefined) return undefined;
  const counts = countsOf(use);
  if (eventsOf(counts) === 0) return undefined;
  const { reads, writes, execs } = counts;
  return { R: reads && true, W: writes && true, X: execs && true };
}
