import type { FileTree, ImagePath } from '@pare/oci';

/** Data behind a link counts up to this much: the locales of Babel, 30 MB, have a rule of their own. */
const linkedDataLimitBytes = 4 * 1024 * 1024;

/**
 * The files below the directory that a link of a package or an application leads to: data that a distribution shares
 * between packages (Debian Policy 12.5, and its JavaScript policy). None for what is no such link, and for more than 4 MiB.
 */
export function linkedData(tree: FileTree, link: ImagePath): readonly ImagePath[] {
  if (tree.get(link)?.kind !== 'symlink') return [];
  const { entry, path } = tree.resolve(link);
  // A link to a directory of the system (`/usr/lib/x → /usr/share`) names no data of its own.
  if (entry?.kind !== 'directory' || path.split('/').length < 5) return [];
  const files: ImagePath[] = [];
  let sizeBytes = 0;
  for (const each of tree.below(path)) {
    if (each.kind === 'directory') continue;
    files.push(each.path);
    if (each.kind === 'file') sizeBytes += each.sizeBytes;
    if (sizeBytes > linkedDataLimitBytes) return [];
  }
  return files;
}
