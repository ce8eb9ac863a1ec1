import { type SensorRecord, syscallName } from '@pare/sensor';
import type { ArgumentUse, Phase } from '../../model/observation.ts';
import { argumentNames, type ValueNames } from './argument-names.ts';

type ArgumentRecord = Extract<SensorRecord, { kind: 'argument' }>;

/** Merges the argument values of any number of records into one use each. */
export interface ArgumentUses {
  add(record: ArgumentRecord, phase: Phase): void;
  /** Sorted by call, argument and value. */
  uses(): readonly ArgumentUse[];
}

/** Starts with none. */
export function collectArgumentUses(): ArgumentUses {
  const open = new Map<string, ArgumentUse>();
  return {
    add(record, phase) {
      const syscall = syscallName(record.arch, record.syscall);
      // A call without a name is noted where the calls are collected.
      if (syscall === undefined) return;
      const known = argumentNames[`${syscall} ${record.index}`];
      const name = known?.values === undefined ? undefined : nameOf(record.value, known.values);
      const use: ArgumentUse = {
        arch: record.arch,
        syscall,
        argument: known?.argument ?? `${record.index}`,
        value: `${record.value}`,
        ...(name === undefined ? {} : { name }),
        phase,
      };
      const key = [syscall, use.argument, use.value.padStart(20, '0'), record.arch].join(' ');
      const before = open.get(key);
      if (before === undefined || (before.phase === 'serving' && phase === 'start-up')) open.set(key, use);
    },
    uses: () => [...open].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use),
  };
}

/** Undefined when not all of the value is known. An argument is an int: above 32 bits there is only a sign. */
function nameOf(value: bigint, values: ValueNames): string | undefined {
  const low = Number(BigInt.asUintN(32, value));
  if (values.kind === 'one-of') return values.names[low];
  const names: string[] = [];
  let rest = (low & ~values.ignored) >>> 0;
  for (const [bit, name] of Object.entries(values.names)) {
    if ((rest & Number(bit)) === 0) continue;
    names.push(name);
    rest = (rest & ~Number(bit)) >>> 0;
  }
  return rest === 0 && names.length > 0 ? names.join('|') : undefined;
}
