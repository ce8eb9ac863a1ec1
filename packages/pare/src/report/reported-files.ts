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
  const files: ReportedFile[] = [];
  plan.kept.forEach(({ path }) => {
    const entry = tree.get(path);
    if (entry !== undefined) files.push(reportedFile(entry));
  });
  return files;
}

/** The links among the removed paths, which are all that a plan does not keep, for `RunReport.removedLinks`; keys as above. */
export function removedLinks(
  tree: Pick<FileTree, 'ofKind'>,
  plan: Pick<ReductionPlan, 'kept'>,
): NonNullable<RunReport['removedLinks']> {
  const kept = new Set(plan.kept.map(({ path }) => path));
  const links: { readonly path: ImagePath; readonly target: string }[] = [];
  for (const entry of tree.ofKind('symlink')) {
    if (entry.kind === 'symlink' && !kept.has(entry.path))
      links.push({ path: entry.path, target: entry.target });
  }
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
