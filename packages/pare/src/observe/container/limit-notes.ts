import type { RunOptions } from '../../model/scenario.ts';
import type { EngineInfo } from '../../ports/container-engine.ts';

const words = { memory: 'memory', cpus: 'processors', pids: 'processes' } as const;

/** Limits that were asked for and that the engine could not set, in words for the report. */
export function limitNotes({ unlimited = {} }: EngineInfo, run: RunOptions): readonly string[] {
  const asked = { memory: run.memoryBytes, cpus: run.cpus, pids: run.pidsLimit };
  return (['memory', 'cpus', 'pids'] as const).flatMap((limit) => {
    const why = unlimited[limit];
    return asked[limit] === undefined || why === undefined
      ? []
      : [`the limit of ${words[limit]} was not set: ${why}`];
  });
}
