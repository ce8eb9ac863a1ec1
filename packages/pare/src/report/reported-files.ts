import type { FileTree, TreeEntry } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { ReportedFile, RunReport } from '../model/run-report.ts';

/** What the kept paths are, for `RunReport.files`; a path that the fat image's tree does not have is left out. */
export function reportedFiles(
  tree: Pick<FileTree, 'get'>,
  plan: Pick<ReductionPlan, 'kept'>,
): readonly ReportedFile[] {
  return plan.kept.flatMap(({ path }) => {
    const entry = tree.get(path);
    return entry === undefined ? [] : [reportedFile(entry)];
  });
}

/** The links among the removed paths, for `RunReport.removedLinks`. */
export function removedLinks(
  tree: Pick<FileTree, 'get'>,
  plan: Pick<ReductionPlan, 'removed'>,
): NonNullable<RunReport['removedLinks']> {
  return plan.removed.flatMap((path) => {
    const entry = tree.get(path);
    return entry?.kind === 'symlink' ? [{ path, target: entry.target }] : [];
  });
}

function reportedFile(entry: TreeEntry): ReportedFile {
  const { path, kind, mode, uid, gid } = entry;
  if (entry.kind === 'symlink') {
    return { path, kind, mode, uid, gid, sizeBytes: Buffer.byteLength(entry.target), target: entry.target };
  }
  return { path, kind, mode, uid, gid, sizeBytes: entry.kind === 'file' ? entry.sizeBytes : 0 };
}
