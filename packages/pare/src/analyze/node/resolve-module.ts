import { isBuiltin } from 'node:module';
import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { ancestors, baseName, joinPath, parentPath, rootPath } from '../image-path.ts';
import { type ManifestReader, resolveExports } from './package-json.ts';
import type { NamedModule } from './scan-javascript.ts';

/** What a name leads to: the file to run, and the `package.json` files read on the way. */
export type ModuleResolver = (from: ImagePath, module: NamedModule) => Promise<readonly ImagePath[]>;

/** Debian's directories for node modules (its nodejs package, `NODE_PATH` built in). */
const globalDirectories = [
  '/usr/local/lib/node_modules',
  '/usr/lib/node_modules',
  '/usr/share/nodejs',
  '/usr/lib/nodejs',
];
const extensions = ['.js', '.json', '.node', '.cjs', '.mjs', '.ts', '.mts', '.cts', '.jsx', '.tsx'];
const conditionsOf = {
  import: new Set(['node', 'import', 'module-sync', 'node-addons', 'production']),
  require: new Set(['node', 'require', 'module-sync', 'node-addons', 'production']),
};

/** The package directory that a bare name leads to by Node's lookup from a directory, links not followed. */
export function findPackageDirectory(view: ImageView, from: ImagePath, name: string): ImagePath | undefined {
  for (const directory of lookupDirectories(view, from)) {
    const path = joinPath(directory, name);
    if (view.tree.resolve(path).entry?.kind === 'directory') return path;
  }
  return undefined;
}

function* lookupDirectories(view: ImageView, from: ImagePath): Iterable<ImagePath> {
  for (const directory of ancestors(joinPath(from, 'x'))) {
    if (baseName(directory) !== 'node_modules') yield joinPath(directory, 'node_modules');
  }
  for (const directory of (view.environment.get('NODE_PATH') ?? '').split(':')) {
    if (directory.startsWith('/')) yield joinPath(rootPath, directory);
  }
  yield* globalDirectories as ImagePath[];
  for (const directory of view.tree.list('/usr/lib' as ImagePath)) {
    if (directory.endsWith('-linux-gnu')) yield joinPath(directory, 'nodejs');
  }
}

/**
 * Resolves names by Node's algorithms (Node.js, "Modules: CommonJS modules", "Packages"); where they differ, what
 * either finds counts: TypeScript and bundlers let one form pass for the other. Built-in modules give nothing.
 */
export function createModuleResolver(view: ImageView, manifests: ManifestReader): ModuleResolver {
  const file = (path: ImagePath): ImagePath | undefined =>
    [path, ...extensions.map((extension) => `${path}${extension}` as ImagePath)].find(
      (each) => view.fileAt(each) !== undefined,
    );
  const directory = async (path: ImagePath): Promise<readonly ImagePath[]> => {
    const manifest = await manifests(view.tree.resolve(path).path);
    const main = manifest?.main === undefined ? undefined : joinPath(path, manifest.main);
    const found = (main && (file(main) ?? file(joinPath(main, 'index')))) ?? file(joinPath(path, 'index'));
    return [
      ...(manifest === undefined ? [] : [joinPath(path, 'package.json')]),
      ...(found === undefined ? [] : [found]),
    ];
  };
  const fileOrDirectory = async (path: ImagePath): Promise<readonly ImagePath[]> => {
    const found = file(path);
    if (found !== undefined) return [found];
    // A TypeScript source may name its compiled sibling.
    const source = /\.[cm]?jsx?$/.test(path)
      ? file(path.replace(/\.([cm]?)jsx?$/, '.$1ts') as ImagePath)
      : undefined;
    return source === undefined ? directory(path) : [source];
  };
  const inPackage = async (
    path: ImagePath,
    subpath: string,
    kind: NamedModule['kind'],
  ): Promise<readonly ImagePath[]> => {
    const manifest = await manifests(view.tree.resolve(path).path);
    if (manifest === undefined) return fileOrDirectory(subpath === '.' ? path : joinPath(path, subpath));
    const own = joinPath(path, 'package.json');
    if (manifest.exports !== undefined && manifest.exports !== null) {
      const targets = resolveExports(manifest.exports, subpath, conditionsOf[kind]);
      const found = targets
        .map((target) => joinPath(path, target))
        .filter((target) => view.fileAt(target) !== undefined);
      if (found.length > 0) return [own, ...found];
    }
    return [own, ...(await (subpath === '.' ? directory(path) : fileOrDirectory(joinPath(path, subpath))))];
  };
  const internal = async (
    from: ImagePath,
    { specifier, kind }: NamedModule,
  ): Promise<readonly ImagePath[]> => {
    for (const scope of ancestors(from)) {
      const manifest = await manifests(scope);
      if (manifest === undefined) continue;
      const targets = resolveExports(manifest.imports ?? null, specifier, conditionsOf[kind]);
      const found = await Promise.all(
        targets.map((target) =>
          target.startsWith('.') ? [joinPath(scope, target)] : bare(from, target, kind),
        ),
      );
      return [joinPath(scope, 'package.json'), ...found.flat()];
    }
    return [];
  };
  const bare = async (
    from: ImagePath,
    specifier: string,
    kind: NamedModule['kind'],
  ): Promise<readonly ImagePath[]> => {
    const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
    if (name === undefined) return [];
    const path = findPackageDirectory(view, parentPath(from), name);
    if (path !== undefined)
      return inPackage(path, `.${specifier.slice(name.length)}`.replace(/\/$/, ''), kind);
    // A single file beside packages: `node_modules/x.js`.
    for (const each of lookupDirectories(view, parentPath(from))) {
      const found = file(joinPath(each, specifier));
      if (found !== undefined) return [found];
    }
    return [];
  };
  return async (from, module) => {
    const specifier = module.specifier.replace(/^file:\/\//, '').replace(/[?].*$/, '');
    if (specifier === '' || specifier.includes('\0') || isBuiltin(specifier)) return [];
    if (specifier.startsWith('/')) return fileOrDirectory(joinPath(rootPath, specifier));
    if (/^\.\.?(?:\/|$)/.test(specifier)) return fileOrDirectory(joinPath(parentPath(from), specifier));
    return specifier.startsWith('#') ? internal(from, module) : bare(from, specifier, module.kind);
  };
}
