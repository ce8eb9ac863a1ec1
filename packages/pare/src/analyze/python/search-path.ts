import type { FileTree, ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { baseName, joinPath, parentPath, rootPath } from '../image-path.ts';

/** Where the Pythons of an image look for modules, beside the script's own directory. */
export interface PythonPaths {
  /** PYTHONPATH. */
  readonly environment: readonly ImagePath[];
  /** `site-packages` and `dist-packages` directories, and directories that `.pth` files in them name. */
  readonly sites: readonly ImagePath[];
  /** Standard library directories by version (`3.11`), `lib-dynload` included. */
  readonly standard: ReadonlyMap<string, readonly ImagePath[]>;
}

const siteName = /^(?:site|dist)-packages$/;

/** Every `site-packages` and `dist-packages` directory of the tree. */
export function findSiteDirectories(tree: FileTree): readonly ImagePath[] {
  const sites: ImagePath[] = [];
  for (const entry of tree.entries()) {
    if (entry.kind === 'directory' && siteName.test(baseName(entry.path))) sites.push(entry.path);
  }
  return sites;
}

/** Finds the search paths of an image's Pythons from its directories' names. */
export async function readPythonPaths(view: ImageView): Promise<PythonPaths> {
  const standard = new Map<string, ImagePath[]>();
  for (const entry of view.tree.entries()) {
    // The standard library is where `os.py` is; Python itself looks for it so (Modules/getpath.py).
    const version =
      entry.kind === 'file' ? /\/python(\d(?:\.\d+)?)\/os\.py$/.exec(entry.path)?.[1] : undefined;
    if (version === undefined) continue;
    const directory = parentPath(entry.path);
    standard.set(version, [...(standard.get(version) ?? []), directory, joinPath(directory, 'lib-dynload')]);
  }
  const sites = [...findSiteDirectories(view.tree)];
  for (const site of [...sites]) {
    for (const path of view.tree.list(site)) {
      if (path.endsWith('.pth')) sites.push(...(await readPthDirectories(view, path)));
    }
  }
  const environment = (view.environment.get('PYTHONPATH') ?? '')
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => joinPath(rootPath, directory));
  return { environment, sites, standard };
}

async function readPthDirectories(view: ImageView, path: ImagePath): Promise<readonly ImagePath[]> {
  const file = view.fileAt(path);
  if (file === undefined) return [];
  const text = await view.readText(file).catch(() => '');
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^import[ \t]/.test(line))
    .map((line) => joinPath(parentPath(path), line));
}

/** The directories that imports of a source are looked up in, in Python's order: its own root, then `sys.path`. */
export function searchPathOf(view: ImageView, paths: PythonPaths, source: ImagePath): readonly ImagePath[] {
  const version = /\/python(\d\.\d+)\//.exec(source)?.[1];
  const own = version === undefined ? undefined : paths.standard.get(version);
  const standard = own ?? [...paths.standard.values()].flat();
  const sites = paths.sites.filter((site) => {
    const of = /\/python(\d\.\d+)\//.exec(site)?.[1];
    return version === undefined || of === undefined || of === version;
  });
  const workdir = joinPath(rootPath, view.config.config.WorkingDir ?? '/');
  const beside = [parentPath(source), packageRoot(view, source)];
  return [...new Set([...beside, workdir, ...paths.environment, ...standard, ...sites])];
}

/** The directory that a source's outermost package is in. */
function packageRoot(view: ImageView, source: ImagePath): ImagePath {
  let directory = parentPath(source);
  while (directory !== '/' && view.fileAt(joinPath(directory, '__init__.py')) !== undefined)
    directory = parentPath(directory);
  return directory;
}
