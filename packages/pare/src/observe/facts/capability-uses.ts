import { decodeName } from '@pare/oci';
import { accessOf, type SensorRecord, syscallName } from '@pare/sensor';
import type { AccessKind, CapabilityUse } from '../../model/observation.ts';
import { findingText } from './capability-detail-rules.ts';
import { capabilityNumber } from './capability-number.ts';
import { neededByCall } from './capability-rules.ts';
import type { FactPlace, Need, Rights } from './privileged-call.ts';
import { rightsAfter } from './rights-after.ts';
import type { SignalUses } from './signal-uses.ts';
import { socketUse } from './socket-use.ts';

type RecordOf<K extends SensorRecord['kind']> = Extract<SensorRecord, { kind: K }>;
type Facts = RecordOf<'path'> | RecordOf<'call'> | RecordOf<'socket'>;

/** Deduces from one record which capabilities were needed. */
export interface CapabilityUses {
  rights(record: RecordOf<'rights'>, place: FactPlace): void;
  add(record: Facts, place: FactPlace): void;
  /** Sorted by capability and process: the first call of each. */
  uses(): readonly CapabilityUse[];
}

/** Calls of which a path says the rest; they are judged when that comes. */
const ofPaths: ReadonlySet<string> = new Set(
  'chown lchown fchownat chown32 lchown32 chmod fchmodat fchmodat2 mknod mknodat chroot'.split(' '),
);

const ordinaryPorts = 1024;
/** What a call has; what was found where they point is numbered behind. */
const argumentCount = 6;
/** Lowering one's own needs the capability, raising it does not (proc_pid_oom_score_adj(5)). */
const memoryPriority = /^\/proc\/(?:[^/]+|\d+\/task\/\d+)\/oom_score_adj$/;

/**
 * For one record: `firstFreePort` is that of its hello, `lineOf` the pids that led to a program image, the last first, and
 * `signals`, which all records of a container share, is told who ran with which rights.
 */
export function collectCapabilityUses(
  firstFreePort: () => number,
  lineOf: (exec: number) => readonly number[],
  signals: Pick<SignalUses, 'add'>,
): CapabilityUses {
  const rightsOfPid = new Map<number, Rights>();
  const lastCalls = new Map<string, RecordOf<'call'>>();
  const found = new Map<string, CapabilityUse>();

  /** A process that was not told of runs with the rights of the one that started its program. */
  function rightsOf(record: Facts): Rights | undefined {
    const told = rightsOfPid.get(record.pid);
    if (told !== undefined) return told;
    const pid = lineOf(record.exec).find((one) => rightsOfPid.has(one));
    return pid === undefined ? undefined : rightsOfPid.get(pid);
  }

  function note(need: Need | undefined, rights: Rights, why: string, { process, phase }: FactPlace): void {
    if (need === undefined) return;
    const number = capabilityNumber(need.capability);
    if (number === undefined || ((rights.capabilities >> BigInt(number)) & 1n) === 0n) return;
    const key = `${need.capability} ${`${process}`.padStart(9, '0')}`;
    const before = found.get(key);
    if (before === undefined || (before.certainty === 'likely' && need.certainty === 'certain'))
      found.set(key, { ...need, why, process, phase });
  }

  function addCall(record: RecordOf<'call'>, rights: Rights, place: FactPlace): void {
    const name = syscallName(record.arch, record.syscall) ?? '';
    lastCalls.set(`${record.exec} ${name}`, record);
    if (ofPaths.has(name)) return;
    // What it does next may need no call that is seen: sleep, or be signalled.
    const after = rightsAfter(name, record.args, rights);
    if (after !== undefined) signals.add({ ...record, rights: after, place });
    note(
      neededByCall({ name, args: record.args, rights, file: undefined }),
      rights,
      titleOf(name, record),
      place,
    );
  }

  function addPath(record: RecordOf<'path'>, rights: Rights, place: FactPlace): void {
    const name = syscallName(record.arch, record.syscall) ?? '';
    const call = ofPaths.has(name) ? lastCalls.get(`${record.exec} ${name}`) : undefined;
    const file = record.existed === 'yes' ? record : undefined;
    if (call !== undefined) {
      const why = `${titleOf(name, call)} on ${decodeName(record.path)}`;
      note(neededByCall({ name, args: call.args, rights, file }), rights, why, place);
      return;
    }
    if (file === undefined) return;
    const access = accessOf(record);
    const need = neededByMode(access, file, rights);
    // Most need nothing: their path is not decoded.
    if (need === undefined && access !== 'write') return;
    const path = decodeName(record.path);
    note(need, rights, `${name} ${path}`, place);
    if (access === 'write' && memoryPriority.test(path))
      note({ capability: 'CAP_SYS_RESOURCE', certainty: 'likely' }, rights, `${name} ${path}`, place);
  }

  function addSocket(record: RecordOf<'socket'>, rights: Rights, place: FactPlace): void {
    const use = socketUse(record, place.process);
    if (record.operation !== 'bind' || use.port === undefined || use.port === 0 || use.port >= ordinaryPorts)
      return;
    // Docker's own networks need no capability for any port; others do.
    const certainty = use.port < firstFreePort() ? 'certain' : 'likely';
    note({ capability: 'CAP_NET_BIND_SERVICE', certainty }, rights, `bind ${use.address}`, place);
  }

  return {
    rights(record, place) {
      rightsOfPid.set(record.pid, record);
      signals.add({ ...record, rights: record, place });
    },
    add(record, place) {
      const rights = rightsOf(record);
      if (rights === undefined) return;
      signals.add({ pid: record.pid, timeNs: record.timeNs, rights, place });
      if (record.kind === 'call') addCall(record, rights, place);
      else if (record.kind === 'path') addPath(record, rights, place);
      else addSocket(record, rights, place);
    },
    uses: () => [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
  };
}

function titleOf(name: string, record: RecordOf<'call'>): string {
  const values = [...record.args].flatMap(([index, value]) =>
    index < argumentCount ? [`${BigInt.asIntN(32, value)}`] : [],
  );
  const call = values.length === 0 ? name : `${name}(${values.join(', ')})`;
  return `${call}${findingText(name, record.args)}`;
}

const symbolicLink = 0o120000;
const fileType = 0o170000;

/** Permission bits that an access asks for on the file itself. */
const wanted: Partial<Readonly<Record<AccessKind, number>>> = {
  read: 0o4,
  list: 0o4,
  write: 0o2,
  create: 0o2,
  enter: 0o1,
};

/**
 * What the file's mode alone would have refused (path_resolution(7)). A link is not followed, directories on the way are
 * not looked at, and access control lists are not known.
 */
function neededByMode(
  access: AccessKind,
  file: { readonly mode: number; readonly uid: number; readonly gid: number },
  rights: Rights,
): Need | undefined {
  if ((file.mode & fileType) === symbolicLink) return undefined;
  const [, user] = rights.uids;
  if (access === 'change')
    return file.uid === user ? undefined : { capability: 'CAP_FOWNER', certainty: 'likely' };
  const bits = wanted[access];
  if (bits === undefined) return undefined;
  const member = file.gid === rights.gids[1] || rights.groups.includes(file.gid);
  const granted = file.uid === user ? file.mode >> 6 : member ? file.mode >> 3 : file.mode;
  return (granted & bits) === bits ? undefined : { capability: 'CAP_DAC_OVERRIDE', certainty: 'certain' };
}
