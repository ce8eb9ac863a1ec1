import type { FileTree, ImagePath, TreeEntry } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { ReportedFile, RunReport } from '../model/run-report.ts';

/**
 * What the kept paths are, for `RunReport.files`, with their keys in the order of report.json; a path that the fat image's tree does not
 * have is left out.
 */
export function reportedFiles(
  tree: Pick<FileTree, 'get'>,
  plan: Pick<ReductionPlan, 'kept'>,
): readonly ReportedFile[] {
  return plan.kept.flatMap(({ path }) => {
    const entry = tree.get(path);
    return entry === undefined ? [] : [reportedFile(entry)];
  });
}

/** The links among the removed paths, for `RunReport.removedLinks`, their keys in the order of report.json. */
export function removedLinks(
  tree: Pick<FileTree, 'get'>,
  plan: Pick<ReductionPlan, 'removed'>,
): NonNullable<RunReport['removedLinks']> {
  const links: { readonly path: ImagePath; readonly target: string }[] = [];
  plan.removed.forEach((path) => {
    const entry = tree.get(path);
    if (entry?.kind === 'symlink') links.push({ path, target: entry.target });
  });
  return links;
}

function reportedFile(entry: TreeEntry): ReportedFile {
  const { path, kind, mode, uid, gid } = entry;
  if (entry.kind === 'symlink') {
    const { target } = entry;
    return { kind, path, gid, mode, sizeBytes: Buffer.byteLength(target), target, uid };
  }
  return { kind, path, gid, mode, sizeBytes: entry.kind === 'file' ? entry.sizeBytes : 0, uid };
}
