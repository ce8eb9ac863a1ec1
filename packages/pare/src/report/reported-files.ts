import type { FileTree, TreeEntry } from '@pare/oci';
import type { ReportedFile } from '../model/run-report.ts';

/** What a tree holds, sorted by path, for `RunReport.files`; give it the slim image's tree. */
export function reportedFiles(tree: Pick<FileTree, 'entries'>): readonly ReportedFile[] {
  return Array.from(tree.entries(), reportedFile);
}

function reportedFile(entry: TreeEntry): ReportedFile {
  const { path, kind, mode, uid, gid } = entry;
  if (entry.kind === 'symlink') {
    return { path, kind, mode, uid, gid, sizeBytes: Buffer.byteLength(entry.target), target: entry.target };
  }
  return { path, kind, mode, uid, gid, sizeBytes: entry.kind === 'file' ? entry.sizeBytes : 0 };
}
