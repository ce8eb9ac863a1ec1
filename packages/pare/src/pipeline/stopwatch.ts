import type { StageTiming } from '../model/run-report.ts';
import type { Progress } from '../ports/progress.ts';

/** Times the stages of one run and shows each as it goes. */
export interface Stopwatch {
  /** Runs one stage; `summarize` words its end for the user. Stages may overlap. */
  time<T>(
    stage: string,
    title: string,
    run: (update: (detail: string) => void) => Promise<T>,
    summarize?: (result: T) => string,
  ): Promise<T>;
  timings(): readonly StageTiming[];
  elapsedMs(): number;
}

/** Starts timing now. Times are whole milliseconds since this call. */
export function startStopwatch(progress: Progress): Stopwatch {
  const start = performance.now();
  const elapsedMs = () => Math.round(performance.now() - start);
  const timings: StageTiming[] = [];
  return {
    async time(stage, title, run, summarize) {
      const startMs = elapsedMs();
      const shown = progress.stage(title);
      try {
        const result = await run((detail) => shown.update(detail));
        shown.done(summarize?.(result));
        return result;
      } catch (error) {
        shown.failed();
        throw error;
      } finally {
        timings.push({ stage, startMs, elapsedMs: elapsedMs() - startMs });
      }
    },
    timings: () => [...timings],
    elapsedMs,
  };
}
