import type { FileTree, ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { baseName, joinPath, parentPath } from '../image-path.ts';

/** Answers which files an import of a dotted name loads: the packages' `__init__` on the way and the module. */
export type ImportResolver = (
  name: string,
  source: ImagePath,
  searchPath: readonly ImagePath[],
) => readonly ImagePath[];

interface Step {
  readonly files: readonly ImagePath[];
  /** Directories in which submodules are looked for. */
  readonly inside: readonly ImagePath[];
}

/** Makes a resolver; directories are listed once (Python reference, "The import system"). */
export function createImportResolver(view: ImageView): ImportResolver {
  const modules = createModuleIndex(view.tree);
  const step = (directories: readonly ImagePath[], name: string): Step | undefined => {
    const namespace: ImagePath[] = [];
    for (const directory of directories) {
      const found = modules(directory).get(name);
      if (found === undefined) continue;
      if (found.initial !== undefined)
        return { files: [found.initial], inside: [found.initial].map(parentPath) };
      if (found.files.length > 0) return { files: found.files, inside: [] };
      if (found.directory !== undefined) namespace.push(found.directory);
    }
    return namespace.length > 0 ? { files: [], inside: namespace } : undefined;
  };
  return (name, source, searchPath) => {
    const dots = /^\.*/.exec(name)?.[0].length ?? 0;
    let directories = searchPath;
    if (dots > 0) {
      let directory = parentPath(source);
      for (let up = 1; up < dots; up++) directory = parentPath(directory);
      directories = [directory];
    }
    const files: ImagePath[] =
      dots > 0
        ? [...(step([parentPath(directories[0] as ImagePath)], baseName(directories[0] ?? ''))?.files ?? [])]
        : [];
    for (const segment of name.slice(dots).split('.')) {
      const found = segment === '' ? undefined : step(directories, segment);
      if (found === undefined) break;
      files.push(...found.files);
      directories = found.inside;
    }
    return files;
  };
}

interface ModuleEntry {
  /** `__init__` of a package, as a source or extension. */
  initial: ImagePath | undefined;
  /** `x.py`, else `x.cpython-….so` or `x.pyc`; every extension variant that is there. */
  files: ImagePath[];
  directory: ImagePath | undefined;
}

const extensionModule = /^(\w+)(?:\.(?:cpython|abi3|pypy|cp\d)[\w.-]*)?\.(py|so|pyc)$/;

function createModuleIndex(tree: FileTree): (directory: ImagePath) => ReadonlyMap<string, ModuleEntry> {
  const known = new Map<ImagePath, ReadonlyMap<string, ModuleEntry>>();
  return (directory) => {
    const present = known.get(directory);
    if (present !== undefined) return present;
    const modules = new Map<string, ModuleEntry>();
    const entryOf = (name: string): ModuleEntry => {
      const entry = modules.get(name) ?? { initial: undefined, files: [], directory: undefined };
      modules.set(name, entry);
      return entry;
    };
    for (const path of tree.list(tree.resolve(directory).path)) {
      const name = baseName(path);
      const file = extensionModule.exec(name)?.[1];
      if (file !== undefined) {
        entryOf(file).files.push(joinPath(directory, name));
      } else if (/^\w+$/.test(name) && tree.resolve(path).entry?.kind === 'directory') {
        const entry = entryOf(name);
        entry.directory = joinPath(directory, name);
        entry.initial = ['__init__.py', '__init__.pyc']
          .map((each) => joinPath(entry.directory as ImagePath, each))
          .find((each) => tree.resolve(each).entry?.kind === 'file');
      }
    }
    known.set(directory, modules);
    return modules;
  };
}
