import type { ImagePath } from '@pare/oci';
import { accessOf, type SensorRecord } from '@pare/sensor';
import type { AccessKind, FileUse } from '../../model/observation.ts';
import { parseAskedPath } from './asked-path.ts';
import { type Marks, phaseAt, probeAt } from './marks.ts';

type PathRecord = Extract<SensorRecord, { kind: 'path' }>;

const askedLimit = 8;

interface OpenUse {
  readonly accesses: Set<AccessKind>;
  readonly askedAs: Set<string>;
  firstNs: bigint;
  existed: boolean;
  process: number;
  marks: Marks;
}

/** Merges the paths of any number of records, whatever their order, into one use for each path. */
export interface FileUses {
  /** `process` is the position in `Observation.processes` of the one that asked. */
  add(record: PathRecord, process: number, marks: Marks): void;
  /** Sorted by path. */
  uses(): readonly FileUse[];
}

/** Starts with none. */
export function collectFileUses(): FileUses {
  const open = new Map<ImagePath, OpenUse>();

  function merge(
    path: ImagePath,
    access: AccessKind,
    record: PathRecord,
    process: number,
    marks: Marks,
  ): OpenUse {
    const existed = record.existed !== 'no';
    const use = open.get(path);
    if (use === undefined) {
      const first = {
        accesses: new Set([access]),
        askedAs: new Set<string>(),
        firstNs: record.timeNs,
        existed,
        process,
        marks,
      };
      open.set(path, first);
      return first;
    }
    use.accesses.add(access);
    // Each container has a tree of its own: what one of them found there was there.
    if (use.marks !== marks) use.existed ||= existed;
    if (record.timeNs < use.firstNs) {
      if (use.marks === marks) use.existed = existed;
      Object.assign(use, { firstNs: record.timeNs, process, marks });
    }
    return use;
  }

  return {
    add(record, process, marks) {
      const asked = parseAskedPath(record.path);
      if (asked === undefined) return;
      const use = merge(asked.path, accessOf(record), record, process, marks);
      if (asked.asked !== undefined && use.askedAs.size < askedLimit) use.askedAs.add(asked.asked);
      for (const directory of asked.walked) merge(directory, 'enter', record, process, marks);
    },
    uses() {
      const sorted = [...open].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return sorted.map(([path, use]) => ({
        path,
        ...(use.askedAs.size === 0 ? {} : { askedAs: [...use.askedAs].sort() }),
        accesses: [...use.accesses].sort(),
        existed: use.existed,
        process: use.process,
        phase: phaseAt(use.marks, use.firstNs),
        probe: probeAt(use.marks, use.firstNs),
      }));
    },
  };
}
