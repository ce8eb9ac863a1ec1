import type { ImagePath, TreeFile } from '@pare/oci';
import type { LibrarySearch } from '../../model/keep-reason.ts';
import type { ImageView } from '../analyzer.ts';
import { joinPath, rootPath } from '../image-path.ts';
import { type ElfIdentity, parseElfIdentity } from './elf-bytes.ts';
import { expandSearchPath, hwcapsDirectories, type LibraryDirectories } from './library-directories.ts';
import type { ElfObject } from './parse-elf.ts';

/** A library where the dynamic linker would find it; `path` is as named, links not followed. */
export interface FoundLibrary {
  readonly path: ImagePath;
  readonly file: TreeFile;
  readonly through: LibrarySearch;
}

export interface SearchingObject {
  readonly path: ImagePath;
  readonly elf: ElfObject;
}

interface SearchPlace {
  readonly directory: ImagePath;
  readonly through: LibrarySearch;
}

/**
 * Finds one needed library as ld.so(8) does. The result has every variant for other machines' features
 * beside the one that any machine loads; it is empty when there is none of the object's class and machine.
 * `loaders` are the objects above, outermost last, whose DT_RPATH counts as well.
 */
export type LibrarySearcher = (
  name: string,
  object: SearchingObject,
  loaders?: readonly SearchingObject[],
) => Promise<readonly FoundLibrary[]>;

/** Makes the search of one image; directories and identities of libraries are looked up once. */
export function createLibrarySearch(view: ImageView, directories: LibraryDirectories): LibrarySearcher {
  const identities = new Map<ImagePath, Promise<ElfIdentity | undefined>>();
  const variants = new Map<ImagePath, readonly ImagePath[]>();

  const identityOf = (file: TreeFile): Promise<ElfIdentity | undefined> => {
    const known = identities.get(file.path);
    if (known !== undefined) return known;
    const reading = view.readRange(file, 0, 20).then(parseElfIdentity, () => undefined);
    identities.set(file.path, reading);
    return reading;
  };
  const matching = async (path: ImagePath, identity: ElfIdentity): Promise<TreeFile | undefined> => {
    const file = view.fileAt(path);
    const found = file === undefined ? undefined : await identityOf(file);
    return found?.bits === identity.bits &&
      found.machine === identity.machine &&
      found.littleEndian === identity.littleEndian
      ? file
      : undefined;
  };
  const variantsOf = (directory: ImagePath): readonly ImagePath[] => {
    const known = variants.get(directory) ?? hwcapsDirectories(view, directory);
    variants.set(directory, known);
    return known;
  };

  return async (name, object, loaders = []) => {
    if (name.includes('/')) {
      const file = name.startsWith('/') ? await matching(joinPath(rootPath, name), object.elf) : undefined;
      return file === undefined ? [] : [{ path: joinPath(rootPath, name), file, through: 'absolute' }];
    }
    const found: FoundLibrary[] = [];
    for (const place of places(object, loaders, directories)) {
      if (place === 'cache') {
        for (const cached of directories.cache.get(name) ?? []) {
          const file = await matching(cached.path, object.elf);
          if (file === undefined) continue;
          found.push({ path: cached.path, file, through: cached.hwcaps ? 'hwcaps' : 'ld.so.conf' });
          if (!cached.hwcaps) return found;
        }
        continue;
      }
      for (const variant of variantsOf(place.directory)) {
        const path = joinPath(variant, name);
        const file = await matching(path, object.elf);
        if (file !== undefined) found.push({ path, file, through: 'hwcaps' });
      }
      const path = joinPath(place.directory, name);
      const file = await matching(path, object.elf);
      if (file !== undefined) return [...found, { path, file, through: place.through }];
    }
    return found;
  };
}

function* places(
  object: SearchingObject,
  loaders: readonly SearchingObject[],
  directories: LibraryDirectories,
): Iterable<SearchPlace | 'cache'> {
  const musl = object.elf.interpreter?.includes('ld-musl-') ?? directories.muslOnly;
  const environment = directories.environment.map(
    (directory): SearchPlace => ({ directory, through: 'library-path' }),
  );
  const own = function* (
    of: SearchingObject,
    elements: readonly string[],
    through: LibrarySearch,
  ): Iterable<SearchPlace> {
    for (const element of elements) {
      for (const directory of expandSearchPath(element, { path: of.path, identity: of.elf }, directories)) {
        yield { directory, through };
      }
    }
  };
  if (musl) {
    // musl makes no difference between RPATH and RUNPATH: both count for the object and all that loaded it.
    yield* environment;
    for (const each of [object, ...loaders]) {
      yield* own(
        each,
        each.elf.runpath.length > 0 ? each.elf.runpath : each.elf.rpath,
        each.elf.runpath.length > 0 ? 'runpath' : 'rpath',
      );
    }
    yield* directories.musl.map((directory): SearchPlace => ({ directory, through: 'default-directory' }));
    return;
  }
  if (object.elf.runpath.length === 0) {
    for (const each of [object, ...loaders]) {
      if (each.elf.runpath.length === 0) yield* own(each, each.elf.rpath, 'rpath');
    }
  }
  yield* environment;
  yield* own(object, object.elf.runpath, 'runpath');
  yield 'cache';
  // Beyond ld.so: an entrypoint may run ldconfig, or the cache may have been left out of the image.
  yield* directories.configured.map((directory): SearchPlace => ({ directory, through: 'ld.so.conf' }));
  yield* directories.defaults.map((directory): SearchPlace => ({ directory, through: 'default-directory' }));
}
