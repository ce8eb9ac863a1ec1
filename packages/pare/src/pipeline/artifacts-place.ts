import { access, constants, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** Whether and where a run's files are written; without a path, in `pare-artifacts/` of the working directory. */
export type ArtifactsChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'directory'; readonly path: string | undefined };

/** Where the artifacts of an image go. */
export function artifactsDirectory(path: string | undefined, reference: string): HostPath {
  return hostPath(resolve(path ?? join('pare-artifacts', artifactName(reference))));
}

/**
 * Finds out before long work whether artifacts can be written; makes nothing. Throws PareError `usage` where the nearest thing
 * that is there is no directory, or one that may not be written to.
 */
export async function checkArtifacts(choice: ArtifactsChoice, reference: string): Promise<void> {
  if (choice.kind === 'none') return;
  const directory = artifactsDirectory(choice.path, reference);
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
