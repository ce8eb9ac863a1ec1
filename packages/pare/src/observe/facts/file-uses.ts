import type { ImagePath } from '@pare/oci';
import { accessOf, type SensorRecord } from '@pare/sensor';
import type { AccessKind, FileUse } from '../../model/observation.ts';
import { parseAskedPath } from './asked-path.ts';
import { type Marks, phaseAt, probeAt } from './marks.ts';

type PathRecord = Extract<SensorRecord, { kind: 'path' }>;

const askedLimit = 8;

interface OpenUse {
  /** Sorted; each once. */
  accesses: readonly AccessKind[];
  askedAs: string[] | undefined;
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
        accesses: [access],
        askedAs: undefined,
        firstNs: record.timeNs,
        existed,
        process,
        marks,
      };
      open.set(path, first);
      return first;
    }
    if (!use.accesses.includes(access)) use.accesses = [...use.accesses, access].sort();
    // Each container has a tree of its own: what one of them found there was there.
    if (use.marks !== marks) use.existed ||= existed;
    if (record.timeNs < use.firstNs) {
      if (use.marks === marks) use.existed = existed;
      use.firstNs = record.timeNs;
      use.process = process;
      use.marks = marks;
    }
    return use;
  }

  return {
    add(record, process, marks) {
      const asked = parseAskedPath(record.path);
      if (asked === undefined) return;
      const use = merge(asked.path, accessOf(record), record, process, marks);
      if (asked.asked !== undefined) addAsked(use, asked.asked);
      for (const directory of asked.walked) merge(directory, 'enter', record, process, marks);
    },
    uses() {
      const uses: FileUse[] = [];
      const take = (path: ImagePath) => {
        const use = open.get(path);
        if (use !== undefined) uses.push(fileUse(path, use));
      };
      // Without an order of its own the sort is V8's, which compares as `<` does.
      [...open.keys()].sort().forEach(take);
      return uses;
    },
  };
}

function addAsked(use: OpenUse, asked: string): void {
  use.askedAs ??= [];
  if (use.askedAs.length < askedLimit && !use.askedAs.includes(asked)) use.askedAs.push(asked);
}

function fileUse(path: ImagePath, { accesses, askedAs, existed, firstNs, marks, process }: OpenUse): FileUse {
  const phase = phaseAt(marks, firstNs);
  const probe = probeAt(marks, firstNs);
  if (askedAs === undefined) return { path, accesses, existed, process, phase, probe };
  return { path, askedAs: [...askedAs].sort(), accesses, existed, process, phase, probe };
}
