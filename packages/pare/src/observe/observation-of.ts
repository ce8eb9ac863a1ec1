import { decodeName, type ImagePath } from '@pare/oci';
import { createRecordDecoder, type SensorRecord, SensorRecordError, syscallName } from '@pare/sensor';
import type {
  Account,
  Observation,
  ObservedProcess,
  Phase,
  SocketUse,
  SyscallUse,
} from '../model/observation.ts';
import { PareError } from '../model/pare-error.ts';
import { parseAskedPath } from './asked-path.ts';
import { collectFileUses } from './file-uses.ts';
import { type Marks, phaseAt } from './marks.ts';
import type { SessionResult } from './session-model.ts';
import { socketUse } from './socket-use.ts';
import type { Trace } from './traced-launcher.ts';

export interface ObservationParts {
  readonly result: SessionResult;
  readonly traces: readonly Trace[];
  readonly image: Observation['image'];
  /** Whether the sensor's clock is this machine's. */
  readonly local: boolean;
}

type RecordOf<K extends SensorRecord['kind']> = Extract<SensorRecord, { kind: K }>;

/**
 * Makes an observation of what a session answered and what its sensors wrote. Equal records and answers give equal
 * observations. Throws PareError `observation-failed` for a record that is none.
 */
export function observationOf({ result, traces, image, local }: ObservationParts): Observation {
  const collector = createCollector();
  for (const trace of traces) collector.add(trace);
  if (!local)
    collector.note('the engine is remote: what was used when is only as exact as its clock is in step');
  const { unexposed: _, probes, ...exercised } = result;
  return { schema: 'pare.observation/1', image, ...collector.parts(), ...exercised, probes };
}

type CollectedParts = Pick<
  Observation,
  'sensor' | 'processes' | 'files' | 'syscalls' | 'sockets' | 'account'
>;

interface Collector {
  add(trace: Trace): void;
  note(message: string): void;
  parts(): CollectedParts;
}

function createCollector(): Collector {
  const processes: ObservedProcess[] = [];
  const files = collectFileUses();
  const syscalls = new Map<string, SyscallUse>();
  const sockets = new Map<string, SocketUse>();
  const notes = new Set<string>();
  let hello: RecordOf<'hello'> | undefined;
  let unreadable = 0;
  let lost = 0;
  let complete = true;

  function take(record: SensorRecord, family: ProcessFamily, marks: Marks): void {
    switch (record.kind) {
      case 'hello':
        hello ??= record;
        return;
      case 'exec':
        family.begin(record);
        return;
      case 'path':
        files.add(record, family.of(record.exec), marks);
        return;
      case 'syscall':
        addSyscall(syscalls, record, phaseAt(marks, record.timeNs), notes);
        return;
      case 'argument':
        return;
      case 'socket': {
        const use = socketUse(record, family.of(record.exec));
        sockets.set(JSON.stringify(use), use);
        return;
      }
      case 'loss':
        if (record.reason === 'write-failed' || record.reason === 'table-full') lost += record.count;
        else unreadable += record.count;
        return;
      case 'note':
        notes.add(record.message);
    }
  }

  return {
    note: (message) => void notes.add(message),
    add({ record, marks }) {
      const decoder = createRecordDecoder();
      const family = processFamily(processes);
      try {
        for (const one of decoder.push(record)) take(one, family, marks);
      } catch (error) {
        if (!(error instanceof SensorRecordError)) throw error;
        throw new PareError('observation-failed', `the sensor's record cannot be read: ${error.message}`, {
          cause: error,
        });
      }
      complete &&= decoder.end().complete;
    },
    parts() {
      const account: Account = {
        mode: hello?.mode ?? 'notify',
        unreadable,
        lost,
        complete,
        notes: [...notes],
      };
      return {
        sensor: { version: hello?.version ?? '', arch: hello?.arch ?? '' },
        processes,
        files: files.uses(),
        syscalls: [...syscalls].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
        sockets: [...sockets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
        account,
      };
    },
  };
}

function addSyscall(
  into: Map<string, SyscallUse>,
  record: RecordOf<'syscall'>,
  phase: Phase,
  notes: Set<string>,
): void {
  const name = syscallName(record.arch, record.syscall);
  if (name === undefined) {
    notes.add(`system call ${record.syscall} of ${record.arch} has no name here: it cannot be allowed`);
    return;
  }
  const key = `${record.arch} ${name}`;
  const known = into.get(key);
  if (known === undefined || (known.phase === 'serving' && phase === 'start-up'))
    into.set(key, { arch: record.arch, name, phase });
}

/** The processes of one record; all records' processes share one list. */
interface ProcessFamily {
  begin(record: RecordOf<'exec'>): void;
  /** Position of a program image; what runs before the first one is taken for the first. */
  of(exec: number): number;
}

function processFamily(processes: ObservedProcess[]): ProcessFamily {
  const first = processes.length;
  const byExec = new Map<number, number>();
  /** The program image that a PID runs now. */
  const byPid = new Map<number, number>();
  return {
    begin(record) {
      const id = processes.length;
      const parent = byPid.get(record.pid) ?? byPid.get(record.parentPid);
      const executable: ImagePath | undefined = parseAskedPath(record.path)?.path;
      processes.push({ id, pid: record.pid, parent, executable, argv: record.argv.map(decodeName) });
      byExec.set(record.exec, id);
      byPid.set(record.pid, id);
    },
    of: (exec) => byExec.get(exec) ?? first,
  };
}
