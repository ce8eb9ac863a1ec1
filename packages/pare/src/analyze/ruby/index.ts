import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { joinPath, parentPath, rootPath } from '../image-path.ts';
import { findNamedLibraries } from '../named-libraries.ts';
import { namedFacts } from '../named-programs.ts';
import { textOf } from '../probe-file.ts';
import { catalogGems, extensionDirectories, readGems } from './gems.ts';
import { scanRuby } from './scan-ruby.ts';

/** Ruby: installed gems, and what sources require and start. */
export const analyzer: Analyzer = {
  id: 'ruby',
  catalog: catalogGems,
  files: {
    claims: ({ extension, interpreter, path }) =>
      /^\.(?:rb|ru|rake|thor)$/.test(extension) ||
      /\/(?:Rakefile|Gemfile|Capfile)$/.test(path) ||
      (interpreter !== undefined && /^j?ruby[\d.]*$/.test(interpreter)),
    async prepare(view) {
      const loadPath = await readLoadPath(view);
      return async (probed) => {
        const { path } = probed;
        const scanned = scanRuby(await textOf(view, probed));
        const facts: Fact[] = [];
        const add = (to: ImagePath | undefined, name: string): void => {
          if (to === undefined || to === path) return;
          facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        };
        for (const name of scanned.imports)
          add(resolveFeature(view, [...loadPath, ...ownLibraries(path)], name), name);
        for (const name of scanned.relative) add(featureFile(view, joinPath(parentPath(path), name)), name);
        return [
          ...facts,
          ...namedFacts(view, path, scanned),
          ...findNamedLibraries(view, path, scanned.libraries),
        ];
      };
    },
  },
};

/** `$LOAD_PATH` as far as the tree says: RUBYLIB, site, vendor and standard directories, then every gem's. */
async function readLoadPath(view: ImageView): Promise<readonly ImagePath[]> {
  const standard: ImagePath[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'directory') continue;
    // /usr/lib/ruby/3.1.0, its architecture's directory below, and the same under {site,vendor}_ruby.
    if (
      /\/ruby\/(?:(?:site|vendor)_ruby|(?:(?:site|vendor)_ruby\/)?\d+\.\d+\.\d+(?:\/[\w.]+-linux(?:-\w+)?)?)$/.test(
        entry.path,
      )
    ) {
      standard.push(entry.path);
    }
  }
  const { gems } = await readGems(view);
  const ofGems = gems.flatMap((gem) => [
    ...gem.specification.requirePaths.map((path) =>
      joinPath(gem.home, `gems/${gem.specification.fullName}/${path}`),
    ),
    ...extensionDirectories(view, gem),
  ]);
  const environment = (view.environment.get('RUBYLIB') ?? '')
    .split(':')
    .filter((path) => path.startsWith('/'));
  return [...environment.map((path) => joinPath(rootPath, path)), ...standard, ...ofGems];
}

/** A program's `lib` is beside or above it; so is a gem's without a specification (Bundler's path and git sources). */
function ownLibraries(path: ImagePath): readonly ImagePath[] {
  const directory = parentPath(path);
  const lib = /^(.*\/lib)(?:\/|$)/.exec(directory)?.[1];
  return [
    ...(lib === undefined ? [] : [lib as ImagePath]),
    directory,
    joinPath(directory, 'lib'),
    joinPath(directory, '../lib'),
  ];
}

function resolveFeature(
  view: ImageView,
  loadPath: readonly ImagePath[],
  name: string,
): ImagePath | undefined {
  if (name.includes('\0') || name === '') return undefined;
  if (name.startsWith('/')) return featureFile(view, joinPath(rootPath, name));
  for (const directory of loadPath) {
    const found = featureFile(view, joinPath(directory, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function featureFile(view: ImageView, path: ImagePath): ImagePath | undefined {
  const candidates = /\.(?:rb|so)$/.test(path) ? [path] : [`${path}.rb`, `${path}.so`, path];
  return (candidates as ImagePath[]).find((each) => view.fileAt(each) !== undefined);
}
