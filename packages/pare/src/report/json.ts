import type { RunReport } from '../model/run-report.ts';

/**
 * The report as JSON: two-space indent, a newline at the end, keys in the order of `RunReport`'s declaration whatever order
 * they were set in. Bytes of names that are not UTF-8 (lone surrogates, see `ImagePath`) are escaped as `\udcXX`, so the text is
 * valid UTF-8 and every name survives.
 */
export function renderReportJson(report: RunReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
