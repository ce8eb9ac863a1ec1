import { decodeName, type ImagePath } from '@pare/oci';
import { createRecordDecoder, type SensorRecord, syscallName } from '@pare/sensor';
import type {
  Account,
  CapabilityUse,
  Observation,
  ObservedProcess,
  Phase,
  SocketUse,
  SyscallUse,
} from '../../model/observation.ts';
import { collectArgumentUses } from './argument-uses.ts';
import { parseAskedPath } from './asked-path.ts';
import { type CapabilityUses, collectCapabilityUses } from './capability-uses.ts';
import { directoryWrites } from './directory-writes.ts';
import { collectFileUses } from './file-uses.ts';
import { type Marks, phaseAt } from './marks.ts';
import { collectSignalUses, type SignalUses } from './signal-uses.ts';
import { socketUse } from './socket-use.ts';

type RecordOf<K extends SensorRecord['kind']> = Extract<SensorRecord, { kind: K }>;

/** What a record belongs to. */
export interface RecordOrigin {
  /** Tells the containers of one observation apart: processes of two never meet. */
  readonly container: number;
  /** One object for all records of a container. */
  readonly marks: Marks;
}

/** What the sensors of one observation saw, record after record. */
export interface FactCollector {
  /** Begins the next record; the one before must be at its end. */
  begin(origin: RecordOrigin): RecordFacts;
  /** Of all that was taken. */
  facts(): CollectedFacts;
}

/** One record, taken as it comes. */
export interface RecordFacts {
  /** Takes the next bytes, cut anywhere. Throws SensorRecordError. */
  take(bytes: Uint8Array): void;
  /** There are no more. */
  end(): void;
}

/** An observation's part that comes of records, sorted as there. */
export interface CollectedFacts
  extends Required<
    Pick<
      Observation,
      'sensor' | 'processes' | 'files' | 'syscalls' | 'sockets' | 'arguments' | 'capabilities' | 'writes'
    >
  > {
  readonly account: Pick<
    Account,
    'mode' | 'unreadable' | 'lost' | 'complete' | 'layout' | 'supervisorDeaths' | 'notes'
  >;
}

/** Starts with none. */
export function collectFacts(): FactCollector {
  const processes: ObservedProcess[] = [];
  const files = collectFileUses();
  const syscalls = new Map<string, SyscallUse>();
  const sockets = new Map<string, SocketUse>();
  const argumentUses = collectArgumentUses();
  const capabilities: CapabilityUse[] = [];
  const signalsOf = new Map<number, SignalUses>();
  const notes = new Set<string>();
  let hello: RecordOf<'hello'> | undefined;
  let unreadable = 0;
  let lost = 0;
  let supervisorDeaths = 0;
  let complete = true;

  function take(record: SensorRecord, { family, needs }: OneRecord, marks: Marks): void {
    switch (record.kind) {
      case 'hello':
        hello ??= record;
        return;
      case 'exec':
        family.begin(record);
        return;
      case 'path': {
        const place = placeOf(record, family, marks);
        files.add(record, place.process, marks);
        needs.add(record, place);
        return;
      }
      case 'rights':
        needs.rights(record, placeOf(record, family, marks));
        return;
      case 'call':
        needs.add(record, placeOf(record, family, marks));
        return;
      case 'syscall':
        addSyscall(syscalls, record, phaseAt(marks, record.timeNs), notes);
        return;
      case 'argument':
        argumentUses.add(record, phaseAt(marks, record.timeNs));
        return;
      case 'socket': {
        const use = socketUse(record, family.of(record.exec));
        sockets.set(JSON.stringify(use), use);
        needs.add(record, placeOf(record, family, marks));
        return;
      }
      case 'loss':
        if (record.reason === 'supervisor-killed') supervisorDeaths += record.count;
        if (record.reason === 'unwatched')
          notes.add('what watches the application was killed too often: what came after was not seen');
        if (ofPaths.has(record.reason)) unreadable += record.count;
        else lost += record.count;
        return;
      case 'note':
        notes.add(record.message);
    }
  }

  return {
    begin({ container, marks }) {
      const signals = signalsOf.get(container) ?? collectSignalUses();
      signalsOf.set(container, signals);
      const decoder = createRecordDecoder();
      const family = processFamily(processes);
      let firstFreePort = 0;
      const needs = collectCapabilityUses(() => firstFreePort, family.lineOf, signals);
      const context = { family, needs };
      return {
        take(bytes) {
          for (const one of decoder.push(bytes)) {
            if (one.kind === 'hello') ({ firstFreePort } = one);
            take(one, context, marks);
          }
        },
        end() {
          complete &&= decoder.end().complete;
          capabilities.push(...needs.uses());
        },
      };
    },
    facts() {
      const uses = files.uses();
      return {
        sensor: { version: hello?.version ?? '', arch: hello?.arch ?? '' },
        processes,
        files: uses,
        syscalls: [...syscalls].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
        sockets: [...sockets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
        arguments: argumentUses.uses(),
        capabilities: [...capabilities, ...[...signalsOf.values()].flatMap((signals) => signals.uses())].sort(
          (a, b) => byText(a.capability, b.capability) || a.process - b.process,
        ),
        writes: directoryWrites(uses),
        account: {
          mode: hello?.mode ?? 'notify',
          unreadable,
          lost,
          complete,
          layout: hello?.layout ?? 'application-first',
          ...(supervisorDeaths === 0 ? {} : { supervisorDeaths }),
          notes: [...notes],
        },
      };
    },
  };
}

/** What is kept of one record while it is read. */
interface OneRecord {
  readonly family: ProcessFamily;
  readonly needs: CapabilityUses;
}

/** Reasons of a loss that was a path, which was asked for and is not known. */
const ofPaths: ReadonlySet<string> = new Set<RecordOf<'loss'>['reason']>([
  'unreadable-memory',
  'unresolved-directory',
  'path-too-long',
]);

function placeOf(
  record: { readonly exec: number; readonly timeNs: bigint },
  family: ProcessFamily,
  marks: Marks,
) {
  return { process: family.of(record.exec), phase: phaseAt(marks, record.timeNs) };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
  /** The process that began a program image, the one that started that, and so on. */
  lineOf(exec: number): readonly number[];
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
    lineOf(exec) {
      const line: number[] = [];
      // A parent comes before its children in the list, so this ends.
      for (let at = processes[byExec.get(exec) ?? first]; at !== undefined; at = processes[at.parent ?? -1])
        line.push(at.pid);
      return line;
    },
  };
}
