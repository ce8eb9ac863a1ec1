import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { syscallNumber } from '@pare/sensor';
import { PareError } from '../model/pare-error.ts';
import type { RunReport } from '../model/run-report.ts';
import { renderContainerReport } from '../report/container-report.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import { renderReportHtml } from '../report/html.ts';
import { renderReportJson } from '../report/json.ts';
import type { PlanDescription } from './describe-plan.ts';
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
  { rendered, pageData }: Pick<PlanDescription, 'rendered' | 'pageData'>,
): Promise<HostPath | undefined> {
  if (choice.kind === 'none') return undefined;
  const name = artifactName(report.fat.reference);
  const directory = directoryOf(choice.path, name);
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

function directoryOf(path: string | undefined, name: string): HostPath {
  return hostPath(resolve(path ?? join('pare-artifacts', name)));
}

/**
 * Finds out before long work whether artifacts can be written; makes nothing. Throws PareError `usage` where the nearest thing
 * that is there is no directory, or one that may not be written to.
 */
export async function checkArtifacts(choice: ArtifactsChoice, reference: string): Promise<void> {
  if (choice.kind === 'none') return;
  const directory = directoryOf(choice.path, artifactName(reference));
  for (let path: string = directory; ; path = dirname(path)) {
    const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw unwritable(directory, error.message, error);
    });
    if (there === undefined) continue;
    if (!there.isDirectory()) throw unwritable(directory, `${path} is no directory`);
    await access(path, constants.W_OK | constants.X_OK).catch((error: Error) => {
      throw unwritable(directory, error.message, error);
    });
    return;
  }
}

function unwritable(directory: string, why: string, cause?: unknown): PareError {
  const hint = 'name another directory with --artifacts, or pass --remove-file-artifacts';
  const message = `the artifacts cannot be written to ${directory}: ${why}`;
  return new PareError('usage', message, { hint, ...(cause === undefined ? {} : { cause }) });
}

/** An image reference as one file name. */
export function artifactName(reference: string): string {
  return reference.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'image';
}
