import type { RunReport } from '../model/run-report.ts';

/** How a summary is rendered for a terminal; the caller decides on colour (NO_COLOR, is it a terminal). */
export interface TerminalOptions {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
  /** Box drawing and arrows beyond ASCII; default: as `color`. */
  readonly unicode?: boolean;
  /** Directory of the artifacts. */
  readonly artifacts?: string | undefined;
}

/** The end of `pare build` as a person reads it. */
export function renderSummary(report: RunReport, options: TerminalOptions): string {
  return `${report.fat.reference} ${options.artifacts ?? ''}\n`;
}
