import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { baseName, joinPath, rootPath } from '../image-path.ts';
import { scanDataStrings } from './data-strings.ts';
import { readLibraryDirectories } from './library-directories.ts';
import {
  createLibrarySearch,
  type FoundLibrary,
  type LibrarySearcher,
  type SearchingObject,
} from './library-search.ts';
import { type ByteSource, isElf, parseElf } from './parse-elf.ts';

/** Data beyond this is not scanned for names; no library seen has as much. */
const scanLimitBytes = 64 * 1024 * 1024;
const loaderDepthLimit = 64;

/** ELF programs and libraries: interpreter, needed libraries, libraries named in strings. */
export const analyzer: Analyzer = {
  id: 'elf',
  files: {
    claims: ({ head }) => isElf(head),
    async prepare(view) {
      const search = createLibrarySearch(view, await readLibraryDirectories(view));
      const preloaded = await readPreloaded(view);
      return async ({ file, head }) => {
        const object = { path: file.path, elf: await parseElf(sourceOf(view, file, head)) };
        if (!object.elf.dynamic) return [];
        const facts: Fact[] = [];
        if (object.elf.interpreter !== undefined) {
          const to = joinPath(rootPath, object.elf.interpreter);
          facts.push({
            kind: 'needs',
            from: file.path,
            to,
            reason: { kind: 'elf-interpreter', of: file.path },
          });
          for (const name of preloaded) facts.push(...needed(object.path, name, await search(name, object)));
        }
        for (const name of object.elf.needed)
          facts.push(...needed(object.path, name, await search(name, object)));
        if (object.elf.rpath.length > 0) facts.push(...(await inheritedNeeds(view, search, object)));
        facts.push(...(await namedInData(view, search, object)));
        return facts;
      };
    },
  },
};

function sourceOf(
  view: ImageView,
  file: Parameters<ImageView['readRange']>[0],
  head?: Uint8Array,
): ByteSource {
  return {
    name: file.path,
    sizeBytes: file.sizeBytes,
    async read(start, lengthBytes) {
      if (head !== undefined && start + lengthBytes <= head.length)
        return head.subarray(start, start + lengthBytes);
      return view.readRange(file, start, lengthBytes);
    },
  };
}

function needed(of: ImagePath, soname: string, found: readonly FoundLibrary[]): Fact[] {
  return found.map(({ path, through }) => ({
    kind: 'needs',
    from: of,
    to: path,
    reason: { kind: 'elf-needed', of, soname, through },
  }));
}

/** `/etc/ld.so.preload` (ld.so(8)): libraries that are loaded into every dynamic program. */
async function readPreloaded(view: ImageView): Promise<readonly string[]> {
  const file = view.fileAt('/etc/ld.so.preload' as ImagePath);
  if (file === undefined) return [];
  const text = await view.readText(file);
  return text
    .replace(/#.*/g, '')
    .split(/[\s:]+/)
    .filter((word) => word !== '');
}

/**
 * What the libraries below an object with a DT_RPATH find through it: that path counts for all that it loads,
 * directly or not. These facts are from the libraries but hold only in this program.
 */
async function inheritedNeeds(
  view: ImageView,
  search: LibrarySearcher,
  root: SearchingObject,
): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  const seen = new Set<ImagePath>([root.path]);
  const visit = async (object: SearchingObject, loaders: readonly SearchingObject[]): Promise<void> => {
    for (const name of object.elf.needed) {
      const found = await search(name, object, loaders);
      if (loaders.length > 0) facts.push(...needed(object.path, name, found));
      for (const { file } of found) {
        if (seen.has(file.path) || loaders.length >= loaderDepthLimit) continue;
        seen.add(file.path);
        const elf = await parseElf(sourceOf(view, file)).catch(() => undefined);
        if (elf !== undefined) await visit({ path: file.path, elf }, [object, ...loaders]);
      }
    }
  };
  await visit(root, []);
  // The planner looks for facts under the file it asked about, so they are told as that file's own.
  return facts.map((fact) => ({ ...fact, from: root.path }));
}

/** Programs and libraries that offer system(3) to the code they run: that they can is no sign that they do. */
const languageRuntimes =
  /^(lib(c|python|perl|ruby|lua|tcl|jvm|java|node|php|guile)[-.\d]|(python|perl|ruby|node|php|lua|tclsh|guile)[\d.]*$|ld-)/;

async function namedInData(
  view: ImageView,
  search: LibrarySearcher,
  object: SearchingObject,
): Promise<readonly Fact[]> {
  const { path, elf } = object;
  const file = view.fileAt(path);
  if (file === undefined) return [];
  const ranges = elf.strings === undefined ? elf.data : [...elf.data, elf.strings];
  const { libraries, shell } = await scanDataStrings(
    (async function* () {
      let left = scanLimitBytes;
      for (const range of ranges) {
        const lengthBytes = Math.min(range.lengthBytes, left);
        left -= lengthBytes;
        if (lengthBytes > 0) yield* view.tree.open(file, { start: range.start, lengthBytes });
      }
    })(),
  );
  const facts: Fact[] = [];
  for (const name of libraries) {
    if (name === elf.soname || name === elf.interpreter || elf.needed.includes(name)) continue;
    for (const library of await search(name, object)) {
      if (library.file.path === path) continue;
      facts.push({
        kind: 'needs',
        from: path,
        to: library.path,
        reason: { kind: 'elf-dlopen', of: path, name },
      });
    }
  }
  if (shell && !languageRuntimes.test(baseName(path))) facts.push({ kind: 'uses-shell', from: path });
  return facts;
}
