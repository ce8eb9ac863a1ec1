import { choose, type FrameReader } from './frame-reader.ts';
import type { SensorRecord, SyscallArch } from './record.ts';
import { SensorRecordError } from './sensor-record-error.ts';
import { sensorProtocol } from './version.ts';

type RecordOf<Kind extends SensorRecord['kind']> = Extract<SensorRecord, { kind: Kind }>;

const arches: readonly SyscallArch[] = ['x86_64', 'i386', 'aarch64', 'arm'];
const lossReasons: readonly RecordOf<'loss'>['reason'][] = [
  'unreadable-memory',
  'unresolved-directory',
  'path-too-long',
  'write-failed',
  'table-full',
  'supervisor-killed',
  'unwatched',
];
const existences: readonly RecordOf<'path'>['existed'][] = ['no', 'yes', 'unknown'];
const operations: readonly RecordOf<'socket'>['operation'][] = ['bind', 'listen', 'connect'];

/** "PARE". */
const magic = 0x45524150;
const argumentsCut = 1;
const lossKind = 7;
/** What follows the length of a loss frame. */
const lossBytes = 14;

function decodeHello(reader: FrameReader): RecordOf<'hello'> {
  if (reader.u32() !== magic) throw new SensorRecordError('not-a-record', 'not a record of the sensor');
  const protocol = reader.u16();
  if (protocol !== sensorProtocol) {
    throw new SensorRecordError(
      'unsupported-protocol',
      `a record of protocol ${protocol}; this reads protocol ${sensorProtocol}`,
    );
  }
  return {
    kind: 'hello',
    protocol,
    arch: reader.oneOf(arches, 'architecture'),
    mode: reader.oneOf(['notify', 'fanotify'] as const, 'mode'),
    layout: reader.oneOf(['application-first', 'sensor-first'] as const, 'layout'),
    firstFreePort: reader.u16(),
    timeNs: reader.u64(),
    version: reader.text(),
  };
}

function decodeExec(reader: FrameReader): RecordOf<'exec'> {
  const exec = reader.u32();
  const pid = reader.u32();
  const parentPid = reader.u32();
  const timeNs = reader.u64();
  const flags = reader.u8();
  const path = reader.bytes();
  const argv = Array.from({ length: reader.u16() }, () => reader.bytes());
  return { kind: 'exec', exec, pid, parentPid, timeNs, path, argv, argvCut: (flags & argumentsCut) !== 0 };
}

/** What a path frame has before its path. */
const pathFieldsBytes = 38;

/** Nearly all frames are of paths: their fields are looked for once, not one by one. */
function decodePath(reader: FrameReader): RecordOf<'path'> {
  const { view } = reader;
  const at = reader.take(pathFieldsBytes);
  return {
    kind: 'path',
    exec: view.getUint32(at, true),
    pid: view.getUint32(at + 4, true),
    timeNs: view.getBigUint64(at + 8, true),
    arch: choose(arches, view.getUint8(at + 16), 'architecture'),
    syscall: view.getUint32(at + 17, true),
    flags: view.getUint32(at + 21, true),
    existed: choose(existences, view.getUint8(at + 25), 'existence'),
    mode: view.getUint32(at + 26, true),
    uid: view.getUint32(at + 30, true),
    gid: view.getUint32(at + 34, true),
    path: reader.bytes(),
  };
}

function decodeSyscall(reader: FrameReader): RecordOf<'syscall'> {
  return {
    kind: 'syscall',
    exec: reader.u32(),
    timeNs: reader.u64(),
    arch: reader.oneOf(arches, 'architecture'),
    syscall: reader.u32(),
  };
}

function decodeArgument(reader: FrameReader): RecordOf<'argument'> {
  return {
    kind: 'argument',
    timeNs: reader.u64(),
    arch: reader.oneOf(arches, 'architecture'),
    syscall: reader.u32(),
    index: reader.u8(),
    value: reader.u64(),
  };
}

function decodeSocket(reader: FrameReader): RecordOf<'socket'> {
  return {
    kind: 'socket',
    operation: reader.oneOf(operations, 'operation'),
    exec: reader.u32(),
    pid: reader.u32(),
    timeNs: reader.u64(),
    family: reader.u16(),
    port: reader.u16(),
    address: reader.bytes(),
  };
}

function decodeLoss(reader: FrameReader): RecordOf<'loss'> {
  return {
    kind: 'loss',
    reason: reader.oneOf(lossReasons, 'reason'),
    count: reader.u32(),
    timeNs: reader.u64(),
  };
}

/** How every loss frame of a reason begins: its length, its kind, the reason. */
export function lossHead(reason: RecordOf<'loss'>['reason']): Uint8Array {
  return Uint8Array.of(lossBytes, 0, 0, 0, lossKind, lossReasons.indexOf(reason));
}

function decodeNote(reader: FrameReader): RecordOf<'note'> {
  return { kind: 'note', timeNs: reader.u64(), message: reader.text() };
}

function decodeRights(reader: FrameReader): RecordOf<'rights'> {
  return {
    kind: 'rights',
    exec: reader.u32(),
    pid: reader.u32(),
    timeNs: reader.u64(),
    uids: [reader.u32(), reader.u32(), reader.u32()],
    gids: [reader.u32(), reader.u32(), reader.u32()],
    capabilities: reader.u64(),
    groups: Array.from({ length: reader.u16() }, () => reader.u32()),
  };
}

function decodeCall(reader: FrameReader): RecordOf<'call'> {
  const head = {
    kind: 'call' as const,
    exec: reader.u32(),
    pid: reader.u32(),
    timeNs: reader.u64(),
    arch: reader.oneOf(arches, 'architecture'),
    syscall: reader.u32(),
  };
  const mask = reader.u8();
  const args = new Map<number, bigint>();
  for (let index = 0; index < 8; index++) if ((mask & (1 << index)) !== 0) args.set(index, reader.u64());
  return { ...head, args };
}

/** By the kind byte of PROTOCOL.md. */
const decoders: Readonly<Record<number, (reader: FrameReader) => SensorRecord>> = {
  1: decodeHello,
  2: decodeExec,
  3: decodePath,
  4: decodeSyscall,
  5: decodeArgument,
  6: decodeSocket,
  [lossKind]: decodeLoss,
  8: decodeNote,
  9: decodeRights,
  10: decodeCall,
};

/**
 * Decodes the frame that a reader was opened at, as PROTOCOL.md describes it; its bytes are views of what is read. Throws
 * SensorRecordError `malformed-frame`, and for a hello `not-a-record` and `unsupported-protocol`.
 */
export function decodeFrame(reader: FrameReader): SensorRecord {
  const kind = reader.u8();
  const decode = decoders[kind];
  if (decode === undefined) throw new SensorRecordError('malformed-frame', `unknown frame kind ${kind}`);
  const record = decode(reader);
  reader.finish();
  return record;
}
