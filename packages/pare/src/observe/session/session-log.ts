import type { Exercise, NotProbed } from '../../model/observation.ts';
import { type Marks, nowNs } from '../facts/marks.ts';

/** Writes down when a session came to what. */
export interface SessionLog {
  time<T>(stage: string, run: () => Promise<T>): Promise<T>;
  /** The application is ready; counted from the beginning of the stage `start`. */
  markReady(): void;
  /** A probe begins; gives its position. */
  beginProbe(title: string): number;
  /** Something that could be asked and is not; told once, however often it is said. */
  leaveOut(one: NotProbed): void;
  readyAfterMs(): number;
  leftOut(): readonly NotProbed[];
  titles(): readonly string[];
  /** One object that goes on to say what is known. */
  marks(): Marks;
  timings(): NonNullable<Exercise['timings']>;
}

/** Begins now. */
export function createSessionLog(): SessionLog {
  const start = performance.now();
  const timings: { readonly stage: string; readonly startMs: number; readonly elapsedMs: number }[] = [];
  const titles: string[] = [];
  const probes: { readonly startNs: bigint; readonly position: number }[] = [];
  const leftOut = new Map<string, NotProbed>();
  let ready: { readonly ns: bigint; readonly afterMs: number } | undefined;
  const marks: Marks = {
    get readyNs() {
      return ready?.ns;
    },
    probes,
  };
  return {
    async time(stage, run) {
      const startMs = performance.now() - start;
      try {
        return await run();
      } finally {
        const elapsedMs = performance.now() - start - startMs;
        timings.push({ stage, startMs: Math.round(startMs), elapsedMs: Math.round(elapsedMs) });
      }
    },
    markReady() {
      const startedMs = timings.find(({ stage }) => stage === 'start')?.startMs ?? 0;
      ready ??= { ns: nowNs(), afterMs: Math.round(performance.now() - start) - startedMs };
    },
    beginProbe(title) {
      const position = titles.push(title) - 1;
      probes.push({ startNs: nowNs(), position });
      return position;
    },
    leaveOut(one) {
      leftOut.set(one.what, one);
    },
    leftOut: () => [...leftOut.values()],
    readyAfterMs: () => ready?.afterMs ?? 0,
    titles: () => [...titles],
    marks: () => marks,
    timings: () => [...timings],
  };
}
