import type { AccessKind, FileUse, ObservedProcess, SyscallUse } from '../model/observation.ts';
import type { ReportedFile, RunReport } from '../model/run-report.ts';
import { goFileMode } from './go-file-mode.ts';

/** Number of a system call, for the keys of `syscall_stats`; undefined where it is not known. */
export type SyscallNumbers = (arch: SyscallUse['arch'], name: string) => number | undefined;

/** What it tells of, which is known before there is a verdict. */
export type ObservedReport = Pick<RunReport, 'observation' | 'engine' | 'files'> & {
  readonly fat: Pick<RunReport['fat'], 'id' | 'config'>;
};

/**
 * creport.json in the layout `ov/container/1.1` that scripts for docker-slim and mint read. docs/report.md says which fields are
 * exact and which Pare does not know. Without `numberOf`, `syscall_stats` is keyed by name and `num` is -1.
 */
export function renderContainerReport(
  report: ObservedReport,
  numberOf: SyscallNumbers = () => undefined,
): string {
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
  return `${JSON.stringify(document, undefined, 2)}\n`;
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
  const opened = files.filter((use) => use.existed && countsOf(use).events > 0);
  const rendered = new Map(
    processes.map((process) => [
      process.pid,
      renderProcess(process, processes, fat.config.config.WorkingDir),
    ]),
  );
  const byProcess = new Map<number, Record<string, object>>();
  for (const [index, use] of opened.entries()) {
    const pid = processes[use.process]?.pid ?? 0;
    const uses = byProcess.get(pid) ?? Object.create(null);
    byProcess.set(pid, uses);
    uses[use.path] = renderUse(use, index + 1);
  }
  return {
    monitor_pid: 0,
    monitor_ppid: 0,
    event_count: opened.reduce((sum, use) => sum + countsOf(use).events, 0),
    main_process:
      processes[0] === undefined
        ? null
        : renderProcess(processes[0], processes, fat.config.config.WorkingDir),
    processes: Object.fromEntries(rendered),
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

const kindsOf = {
  reads: ['read', 'load'],
  writes: ['write', 'create'],
  execs: ['execute'],
} as const satisfies Record<string, readonly AccessKind[]>;

/** What the record tells of a file is the kinds of use, each once. */
function countsOf({ accesses }: FileUse): {
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
} {
  const counts: Record<string, number> = {};
  let events = 0;
  for (const [name, kinds] of Object.entries(kindsOf)) {
    if (!kinds.some((kind: AccessKind) => accesses.includes(kind))) continue;
    counts[name] = 1;
    events += 1;
  }
  return { events, counts };
}

function renderUse(use: FileUse, firstEvent: number): object {
  const { events, counts } = countsOf(use);
  return { event_count: events, first_eid: firstEvent, ...counts };
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
  const parents = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/')) || '/'));
  const entries = files
    .filter((use) => use.existed)
    .map(({ path, accesses, process }) => {
      const activity = {
        ops_all: accesses.length,
        ops_checkfile: accesses.filter((kind) => checks.includes(kind)).length,
        syscalls: {},
        pids: { [processes[process]?.pid ?? 0]: {} },
        is_subdir: parents.has(path),
      };
      return [path, activity] as const;
    });
  return Object.fromEntries(entries);
}

const fileTypes: Readonly<Record<ReportedFile['kind'], string>> = {
  file: 'file',
  directory: 'dir',
  symlink: 'symlink',
  'char-device': 'device',
  'block-device': 'device',
  fifo: 'pipe',
};

function imageFiles({ files = [], observation }: ObservedReport): readonly object[] {
  const uses = new Map(observation.files.map((use) => [use.path, use]));
  return files.map((file) => ({
    file_type: fileTypes[file.kind],
    file_path: file.path,
    ...goFileMode(file),
    ...(file.target === undefined ? {} : { link_ref: file.target }),
    ...flagsOf(uses.get(file.path)),
    file_size: file.sizeBytes,
    uid: file.uid,
    gid: file.gid,
  }));
}

function flagsOf(use: FileUse | undefined): object {
  if (use === undefined) return {};
  const { counts } = countsOf(use);
  const flags = {
    ...(counts.reads === undefined ? {} : { R: true }),
    ...(counts.writes === undefined ? {} : { W: true }),
    ...(counts.execs === undefined ? {} : { X: true }),
  };
  return Object.keys(flags).length > 0 ? { flags } : {};
}
