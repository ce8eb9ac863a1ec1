import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { baseName, joinPath, parentPath, rootPath } from '../image-path.ts';
import type { ElfIdentity } from './elf-bytes.ts';
import { type CachedLibrary, parseLdSoCache } from './ld-so-cache.ts';
import { readLdSoConf } from './ld-so-conf.ts';

/** Where the dynamic linkers of an image look for libraries, beside what an object itself names. */
export interface LibraryDirectories {
  /** LD_LIBRARY_PATH of the image's environment. */
  readonly environment: readonly ImagePath[];
  readonly cache: ReadonlyMap<string, readonly CachedLibrary[]>;
  readonly configured: readonly ImagePath[];
  readonly defaults: readonly ImagePath[];
  /** Names of machine-feature directories; a library in one of them is only loaded by a machine that has it. */
  readonly multiarch: readonly string[];
  readonly muslOnly: boolean;
  /** What musl searches instead of all of the above but the environment. */
  readonly musl: readonly ImagePath[];
}

/** Debian's multiarch triplets (its policy, "Multiarch tuples"), by e_machine. */
const tripletPattern = /^[a-z0-9_]+-linux-(gnu|musl)[a-z0-9]*$/;

/** Reads the linker's configuration once for an image. Parts that are missing or broken are left out. */
export async function readLibraryDirectories(view: ImageView): Promise<LibraryDirectories> {
  const directoriesIn = (path: string): readonly ImagePath[] =>
    view.tree
      .list(view.tree.resolve(path as ImagePath).path)
      .filter((child) => view.tree.resolve(child).entry?.kind === 'directory');
  const multiarch = directoriesIn('/usr/lib')
    .concat(directoriesIn('/lib'))
    .map(baseName)
    .filter((name, index, all) => tripletPattern.test(name) && all.indexOf(name) === index);
  // Debian's order, then lib64 of the others; what is not there costs one look-up.
  const defaults = [
    ...multiarch.flatMap((name) => [`/lib/${name}`, `/usr/lib/${name}`]),
    '/lib64',
    '/usr/lib64',
    '/lib',
    '/usr/lib',
  ];
  const linkers = ['/lib', '/lib64', '/usr/lib', ...multiarch.map((name) => `/lib/${name}`)].flatMap(
    (directory) => view.tree.list(view.tree.resolve(directory as ImagePath).path).map(baseName),
  );
  const muslLinkers = linkers.filter((name) => /^ld-musl-.*\.so\.1$/.test(name));
  return {
    environment: (view.environment.get('LD_LIBRARY_PATH') ?? '')
      .split(/[:;]/)
      .filter((directory) => directory.startsWith('/'))
      .map((directory) => joinPath(rootPath, directory)),
    cache: await readCache(view),
    configured: await readLdSoConf(view),
    defaults: defaults as ImagePath[],
    multiarch,
    muslOnly: muslLinkers.length > 0 && !linkers.some((name) => /^ld(-linux.*|64)?\.so\.\d$/.test(name)),
    musl: await readMuslPath(view, muslLinkers),
  };
}

async function readCache(view: ImageView): Promise<ReadonlyMap<string, readonly CachedLibrary[]>> {
  const file = view.fileAt('/etc/ld.so.cache' as ImagePath);
  if (file === undefined) return new Map();
  try {
    return parseLdSoCache(await view.tree.read(file));
  } catch {
    // The cache only speeds up what the directories say too.
    return new Map();
  }
}

/** musl's ldso/dynlink.c: `/etc/ld-musl-ARCH.path` by lines or colons, else a built-in list. */
async function readMuslPath(view: ImageView, linkers: readonly string[]): Promise<readonly ImagePath[]> {
  for (const linker of linkers) {
    const file = view.fileAt(`/etc/${linker.replace(/\.so\.1$/, '.path')}` as ImagePath);
    if (file === undefined) continue;
    const words = (await view.readText(file)).split(/[:\n]+/).filter((word) => word.startsWith('/'));
    return words.map((word) => joinPath(rootPath, word));
  }
  return ['/lib', '/usr/local/lib', '/usr/lib'] as ImagePath[];
}

/** Legacy feature directories of glibc before 2.37 (`elf/dl-hwcaps.c`), one level deep. */
const legacyHwcaps = [
  'tls',
  'haswell',
  'x86_64',
  'i686',
  'i586',
  'sse2',
  'avx512_1',
  'xeon_phi',
  'neon',
  'vfp',
  'atomics',
];

/** All machine-feature directories of a library directory that exist: the slim image may run on another machine. */
export function hwcapsDirectories(view: ImageView, directory: ImagePath): readonly ImagePath[] {
  const real = view.tree.resolve(directory).path;
  if (view.tree.get(real)?.kind !== 'directory') return [];
  const modern = view.tree.list(view.tree.resolve(joinPath(real, 'glibc-hwcaps')).path);
  const legacy = legacyHwcaps
    .map((name) => joinPath(real, name))
    .filter((path) => view.tree.get(path)?.kind === 'directory');
  return [...modern, ...legacy];
}

const platforms = new Map<number, readonly string[]>([
  [3, ['i686', 'i586', 'i386']],
  [20, ['powerpc']],
  [21, ['power10', 'power9', 'power8']],
  [22, ['z16', 'z15', 'z14', 'z13', 's390x']],
  [40, ['v7l', 'v6l']],
  [62, ['x86_64', 'haswell', 'xeon_phi']],
  [183, ['aarch64']],
  [243, ['riscv64']],
]);

/** Every directory that one RPATH or RUNPATH element may mean: `$ORIGIN`, `$LIB`, `$PLATFORM` (ld.so(8)). */
export function expandSearchPath(
  element: string,
  object: { readonly path: ImagePath; readonly identity: ElfIdentity },
  directories: LibraryDirectories,
): readonly ImagePath[] {
  const names = (token: string): RegExp => new RegExp(`\\$(?:${token}\\b|\\{${token}\\})`, 'g');
  // An empty element is the working directory, which is not known here.
  if (element === '') return [];
  let expanded = [element.replace(names('ORIGIN'), () => parentPath(object.path))];
  if (names('LIB').test(element)) {
    const values = [...directories.multiarch.map((name) => `lib/${name}`), 'lib64', 'lib'];
    expanded = expanded.flatMap((text) => values.map((value) => text.replace(names('LIB'), value)));
  }
  if (names('PLATFORM').test(element)) {
    const values = platforms.get(object.identity.machine) ?? [];
    expanded = expanded.flatMap((text) => values.map((value) => text.replace(names('PLATFORM'), value)));
  }
  return expanded.filter((text) => text.startsWith('/')).map((text) => joinPath(rootPath, text));
}
