import { decodeName } from '@pare/oci';
import { accessOf, type SensorRecord, syscallName } from '@pare/sensor';
import type { LiveEvent } from '../../model/live-event.ts';
import { parseAskedPath } from '../facts/asked-path.ts';
import { socketUse } from '../facts/socket-use.ts';

/** Makes events of records, each once: a path for each kind of access, and whether it was there. */
export function liveEvents(onEvent: (event: LiveEvent) => void): (record: SensorRecord) => void {
  const told = new Set<string>();
  const once = (event: LiveEvent, key: string) => {
    if (told.has(key)) return;
    told.add(key);
    onEvent(event);
  };
  return (record) => {
    switch (record.kind) {
      case 'exec':
        onEvent({ kind: 'process', pid: record.pid, argv: record.argv.map(decodeName) });
        return;
      case 'path': {
        const asked = parseAskedPath(record.path);
        if (asked === undefined) return;
        const access = accessOf(record);
        const existed = record.existed !== 'no';
        const { path } = asked;
        once({ kind: 'file', path, access, existed, pid: record.pid }, `${access} ${existed} ${path}`);
        return;
      }
      case 'syscall': {
        const name = syscallName(record.arch, record.syscall);
        if (name === undefined) return;
        once({ kind: 'system-call', arch: record.arch, name }, `call ${record.arch} ${name}`);
        return;
      }
      case 'socket': {
        const { process: _, ...use } = socketUse(record, 0);
        once({ kind: 'socket', use }, JSON.stringify(use));
        return;
      }
      default:
        return;
    }
  };
}
