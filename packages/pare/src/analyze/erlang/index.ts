import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Package } from '../../model/package.ts';
import type { Analyzer, Catalog, ImageView } from '../analyzer.ts';
import { parentPath } from '../image-path.ts';
import { sortedPaths } from '../owned-paths.ts';
import { type ErlangApplication, parseAppFile } from './parse-app.ts';

/**
 * Erlang and Elixir: applications (`lib/NAME-VERSION/ebin/NAME.app`) of an installation or a release, and which others each
 * declares that it needs. Their modules are loaded one by one at the first call (code(3erl), interactive mode).
 */
export const analyzer: Analyzer = { id: 'erlang', catalog: catalogApplications };

interface Found {
  readonly file: TreeFile;
  /** The directory above `ebin`. */
  readonly directory: ImagePath;
  readonly application: ErlangApplication;
}

async function catalogApplications(view: ImageView): Promise<Catalog> {
  const unknowns: Fact[] = [];
  const found: Found[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !/\/ebin\/[^/]+\.app$/.test(entry.path)) continue;
    try {
      const application = parseAppFile(await view.readText(entry));
      if (application === undefined) throw new SyntaxError('it is no application specification');
      found.push({ file: entry, directory: parentPath(parentPath(entry.path)), application });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      unknowns.push({ kind: 'unknown', from: entry.path, analyzer: 'erlang', message });
    }
  }
  return { packages: found.map((each) => packageOf(view, each, found)), unknowns };
}

function packageOf(view: ImageView, { directory, application }: Found, all: readonly Found[]): Package {
  const id = `erlang:${directory}`;
  // A release has its own copy of each application; one from its own `lib` is meant where there are two.
  const dependsOn = application.needs.flatMap((name) => {
    const named = all.filter((each) => each.application.name === name);
    const near = named.filter((each) => parentPath(each.directory) === parentPath(directory));
    return (near.length > 0 ? near : named).map((each) => `erlang:${each.directory}`);
  });
  return {
    id,
    ecosystem: 'erlang',
    name: application.name,
    version: application.version,
    files: sortedPaths([directory, ...[...view.tree.below(directory)].map(({ path }) => path)]),
    dependsOn: [...new Set(dependsOn)].filter((each) => each !== id).sort(),
    base: false,
  };
}
