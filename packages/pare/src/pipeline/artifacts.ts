import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { syscallNumber } from '@pare/sensor';
import type { RunReport } from '../model/run-report.ts';
import { renderContainerReport } from '../report/container-report.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import { renderReportHtml } from '../report/html.ts';
import { renderReportJson } from '../report/json.ts';
import { writeWhole } from './write-whole.ts';

/** Whether and where a run's files are written; without a path, in `pare-artifacts/` of the working directory. */
export type ArtifactsChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'directory'; readonly path: string | undefined };

/**
 * Writes the report and the profiles, each whole or not at all. Gives the directory; undefined when none were wanted.
 */
export async function writeArtifacts(
  report: RunReport,
  choice: ArtifactsChoice,
): Promise<HostPath | undefined> {
  if (choice.kind === 'none') return undefined;
  const name = artifactName(report.fat.reference);
  const directory = hostPath(resolve(choice.path ?? join('pare-artifacts', name)));
  await mkdir(directory, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'report.json': renderReportJson(report),
    'report.html': renderReportHtml(report),
    'creport.json': renderContainerReport(report, syscallNumber),
    'Dockerfile.fat': reverseDockerfile(report.fat.config, report.fat.reference, [report.fat.reference]),
    [`${name}-seccomp.json`]: `${JSON.stringify(report.hardening.seccomp, undefined, 2)}\n`,
    [`${name}-apparmor-profile`]: report.hardening.apparmor,
  };
  for (const [file, text] of Object.entries(files)) await writeWhole(join(directory, file), text);
  return directory;
}

/** An image reference as one file name. */
export function artifactName(reference: string): string {
  return reference.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'image';
}
