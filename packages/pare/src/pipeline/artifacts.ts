import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import { syscallNumber } from '@pare/sensor';
import type { RunReport } from '../model/run-report.ts';
import { renderContainerReport } from '../report/container-report.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import { renderReportHtml } from '../report/html.ts';
import { renderReportJson } from '../report/json.ts';
import { type ArtifactsChoice, artifactName, artifactsDirectory } from './artifacts-place.ts';
import type { PlanDescription } from './describe-plan.ts';
import { writeWhole } from './write-whole.ts';

/**
 * Writes the report and the profiles, each whole or not at all. Gives the directory; undefined when none were wanted.
 */
export async function writeArtifacts(
  report: RunReport,
  choice: ArtifactsChoice,
  { rendered, pageData }: Pick<PlanDescription, 'rendered' | 'pageData'>,
): Promise<HostPath | undefined> {
  if (choice.kind === 'none') return undefined;
  const name = artifactName(report.fat.reference);
  const directory = artifactsDirectory(choice.path, report.fat.reference);
  await mkdir(directory, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'report.json': renderReportJson(report, rendered),
    'report.html': renderReportHtml(report, pageData),
    'creport.json': renderContainerReport(report, syscallNumber),
    'Dockerfile.fat': reverseDockerfile(report.fat.config, report.fat.reference, [report.fat.reference]),
    [`${name}-seccomp.json`]: `${JSON.stringify(report.hardening.seccomp, undefined, 2)}\n`,
    [`${name}-apparmor-profile`]: report.hardening.apparmor,
  };
  await Promise.all(Object.entries(files).map(([file, text]) => writeWhole(join(directory, file), text)));
  return directory;
}
