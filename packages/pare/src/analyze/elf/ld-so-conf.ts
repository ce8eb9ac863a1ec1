import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { joinPath, parentPath, rootPath } from '../image-path.ts';

const nestingLimit = 8;
const directoryLimit = 1000;

/**
 * The directories that `/etc/ld.so.conf` names, `include` patterns followed, in order (ldconfig(8)).
 * A file that is missing or cannot be read names none.
 */
export async function readLdSoConf(view: ImageView): Promise<readonly ImagePath[]> {
  const directories = new Set<ImagePath>();
  const visit = async (path: ImagePath, depth: number): Promise<void> => {
    const file = view.fileAt(path);
    if (file === undefined || depth > nestingLimit) return;
    for (const line of (await view.readText(file)).split('\n')) {
      const text = line.replace(/#.*/, '').trim();
      const include = /^include\s+(.*)$/.exec(text)?.[1];
      if (include === undefined) {
        if (/^hwcap\s/.test(text)) continue;
        for (const word of text.split(/[\s:,]+/)) {
          // `directory=libc6` is the form of old, with the kind of libraries in it.
          const directory = word.replace(/=.*/, '');
          if (directory.startsWith('/') && directories.size < directoryLimit)
            directories.add(joinPath(rootPath, directory));
        }
        continue;
      }
      for (const pattern of include.split(/\s+/)) {
        for (const match of matchGlob(view, joinPath(parentPath(path), pattern)))
          await visit(match, depth + 1);
      }
    }
  };
  await visit('/etc/ld.so.conf' as ImagePath, 0);
  return [...directories];
}

/** Paths that a glob(7) pattern with `*`, `?` and `[…]` matches, sorted as glob(3) sorts them. */
function matchGlob(view: ImageView, pattern: ImagePath): readonly ImagePath[] {
  let paths: ImagePath[] = [rootPath];
  for (const segment of pattern.slice(1).split('/')) {
    if (!/[*?[]/.test(segment)) {
      paths = paths.map((path) => joinPath(path, segment));
      continue;
    }
    const expression = globSegment(segment);
    paths = paths.flatMap((path) =>
      view.tree
        .list(view.tree.resolve(path).path)
        .filter((child) => expression.test(child.slice(child.lastIndexOf('/') + 1))),
    );
  }
  return paths.filter((path) => view.tree.resolve(path).entry !== undefined);
}

function globSegment(segment: string): RegExp {
  const source = segment
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replace(/\[!/g, '[^');
  try {
    return new RegExp(`^(?!\\.)${source}$`);
  } catch {
    // An unclosed bracket stands for itself.
    return new RegExp(`^${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  }
}
