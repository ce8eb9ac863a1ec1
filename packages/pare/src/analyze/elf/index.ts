import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { baseName, joinPath, rootPath } from '../image-path.ts';
import { scanDataStrings } from './data-strings.ts';
import { type ByteRange, type ByteSource, isElf } from './elf-bytes.ts';
import { readLibraryDirectories } from './library-directories.ts';
import {
  createLibrarySearch,
  type FoundLibrary,
  type LibrarySearcher,
  type SearchingObject,
} from './library-search.ts';
import { parseElf } from './parse-elf.ts';

/** Data beyond this is not scanned for names; no library seen has as much. */
const scanLimitBytes = 64 * 1024 * 1024;
const blockBytes = 1024 * 1024;
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
        const source = await openSource(view, file, head);
        const object = { path: file.path, elf: await parseElf(source) };
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
        facts.push(...(await namedInData(source, search, object)));
        return facts;
      };
    },
  },
};

/** Up to this size one read of the whole file is cheaper than several of its parts. */
const smallFileBytes = 1024 * 1024;

async function openSource(view: ImageView, file: TreeFile, head?: Uint8Array): Promise<ByteSource> {
  const cached =
    file.sizeBytes <= smallFileBytes
      ? await view.readRange(file, 0, file.sizeBytes)
      : (head ?? new Uint8Array(0));
  return {
    name: file.path,
    sizeBytes: file.sizeBytes,
    async read(start, lengthBytes) {
      if (start + lengthBytes <= cached.length) return cached.subarray(start, start + lengthBytes);
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
        const elf = await openSource(view, file)
          .then(parseElf)
          .catch(() => undefined);
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

/** Names that are in a program's data but that it does not load in a container: the libraries cost up to 2 MB. */
const neverLoaded: readonly { readonly by: RegExp; readonly library: RegExp; readonly because: string }[] = [
  { by: /^(?:ld-|ldconfig)/, library: /./, because: 'they tell kinds of libraries apart by these names' },
  { by: /^libselinux\.so/, library: /^libsepol\.so/, because: 'only to load a policy, as init does' },
  {
    by: /^libc[.-]/,
    library: /^libidn2\.so/,
    because: 'only for a host name that is not ASCII, with AI_IDN',
  },
];

async function namedInData(
  source: ByteSource,
  search: LibrarySearcher,
  object: SearchingObject,
): Promise<readonly Fact[]> {
  const { path, elf } = object;
  const stream = async function* (ranges: readonly ByteRange[]): AsyncIterable<Uint8Array> {
    let left = scanLimitBytes;
    for (const { start, lengthBytes } of ranges) {
      const end = start + Math.min(lengthBytes, left);
      left -= end - start;
      for (let at = start; at < end; at += blockBytes)
        yield await source.read(at, Math.min(blockBytes, end - at));
    }
  };
  const data = await scanDataStrings(stream(elf.data), ['/bin/sh', '/bin/bash']);
  const symbols = await scanDataStrings(stream(elf.strings === undefined ? [] : [elf.strings]), [
    'system',
    'popen',
  ]);
  const facts: Fact[] = [];
  for (const name of data.libraries) {
    if (name === elf.soname || name === elf.interpreter || elf.needed.includes(name)) continue;
    if (neverLoaded.some(({ by, library }) => by.test(baseName(path)) && library.test(name))) continue;
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
  if ((data.named || symbols.named) && !languageRuntimes.test(baseName(path)))
    facts.push({ kind: 'uses-shell', from: path });
  return facts;
}
