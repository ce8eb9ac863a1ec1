import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { RunReport } from '../model/run-report.ts';
import { reportHtmlPieces } from '../report/html.ts';
import { reportJsonPieces } from '../report/json.ts';
import { type ArtifactsChoice, artifactName, artifactsDirectory } from './artifacts-place.ts';
import type { PlanDescription } from './describe-plan.ts';
import { type WholeContent, writeWhole } from './write-whole.ts';

/**
 * Writes the report and the profiles, each whole or not at all. Gives the directory; undefined when none were wanted.
 */
export async function writeArtifacts(
  report: RunReport,
  choice: ArtifactsChoice,
  { rendered, pageData, containerReport, dockerfile }: Omit<PlanDescription, 'parts'>,
): Promise<HostPath | undefined> {
  if (choice.kind === 'none') return undefined;
  const name = artifactName(report.fat.reference);
  const directory = artifactsDirectory(choice.path, report.fat.reference);
  await mkdir(directory, { recursive: true });
  const files: Readonly<Record<string, WholeContent>> = {
    'report.json': reportJsonPieces(report, rendered),
    'report.html': reportHtmlPieces(report, pageData),
    'creport.json': containerReport,
    'Dockerfile.fat': dockerfile,
    [`${name}-seccomp.json`]: `${JSON.stringify(report.hardening.seccomp, undefined, 2)}\n`,
    [`${name}-apparmor-profile`]: report.hardening.apparmor,
  };
  await Promise.all(
    Object.entries(files).map(([file, content]) => writeWhole(join(directory, file), content)),
  );
  return directory;
}
