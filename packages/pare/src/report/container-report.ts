import type { RunReport } from '../model/run-report.ts';

/** creport.json in the layout `ov/container/1.1` that scripts for docker-slim and mint read; see docs/report.md. */
export function renderContainerReport(report: RunReport): string {
  return `${JSON.stringify({ document: 'doc.report.container', version: 'ov/container/1.1', image_id: report.fat.id }, undefined, 2)}\n`;
}
