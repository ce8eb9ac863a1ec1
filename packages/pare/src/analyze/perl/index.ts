import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { baseName, joinPath, parentPath, rootPath } from '../image-path.ts';
import { namedFacts } from '../named-programs.ts';
import { textOf } from '../probe-file.ts';
import { scanPerl } from './scan-perl.ts';

/** Perl: what sources use, require and start. */
export const analyzer: Analyzer = {
  id: 'perl',
  files: {
    claims: ({ extension, interpreter }) =>
      /^\.(?:pl|pm|psgi|al)$/.test(extension) ||
      (interpreter !== undefined && /^perl[\d.]*$/.test(interpreter)),
    async prepare(view) {
      const directories = findIncludeDirectories(view);
      return async (probed) => {
        const { path } = probed;
        const scanned = scanPerl(await textOf(view, probed));
        const own = [...libraryRoots(path), ...directories];
        const facts: Fact[] = [];
        const add = (to: ImagePath, name: string): void => {
          if (to !== path)
            facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        };
        for (const name of scanned.imports) for (const to of resolveModule(view, own, name)) add(to, name);
        return [...facts, ...namedFacts(view, path, scanned)];
      };
    },
  },
};

/** `@INC` by the directories' usual names (Debian's perl policy, "Module Path"; perl's Configure). */
function findIncludeDirectories(view: ImageView): readonly ImagePath[] {
  const environment = (view.environment.get('PERL5LIB') ?? '')
    .split(':')
    .filter((path) => path.startsWith('/'));
  const directories = [...environment, '/etc/perl'].map((path) => joinPath(rootPath, path));
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'directory' && entry.kind !== 'symlink') continue;
    if (
      /\/(?:perl-base|site_perl|vendor_perl|core_perl|perl5)$|\/(?:perl5?|site_perl|vendor_perl)\/5\.\d+(?:\.\d+)?(?:\/[\w-]*linux[\w-]*)?$/.test(
        entry.path,
      )
    ) {
      directories.push(entry.path);
    }
  }
  return directories;
}

/** The directory above a module's package, told by `lib`, and `lib` beside a script. */
function libraryRoots(path: ImagePath): readonly ImagePath[] {
  const lib = /^(.*\/lib)\//.exec(path)?.[1];
  const directory = parentPath(path);
  return [
    ...(lib === undefined ? [] : [lib as ImagePath]),
    directory,
    joinPath(directory, 'lib'),
    joinPath(directory, '../lib'),
  ];
}

function resolveModule(
  view: ImageView,
  directories: readonly ImagePath[],
  name: string,
): readonly ImagePath[] {
  if (name.includes('\0')) return [];
  const relative = /\.\w+$/.test(name) || name.includes('/') ? name : `${name.replaceAll('::', '/')}.pm`;
  const found = directories
    .map((directory) => joinPath(directory, relative))
    .find((path) => view.fileAt(path) !== undefined);
  if (found === undefined) return [];
  // XSLoader and AutoLoader look below `auto/` in the same directories (XSLoader(3perl)).
  const automatic = `auto/${relative.replace(/\.pm$/, '')}`;
  const loaded = directories.flatMap((directory) =>
    view.tree.list(view.tree.resolve(joinPath(directory, automatic)).path),
  );
  const wanted = baseName(relative).replace(/\.pm$/, '.so');
  return [found, ...loaded.filter((path) => baseName(path) === wanted || /\.(?:ix|al)$/.test(path))];
}
