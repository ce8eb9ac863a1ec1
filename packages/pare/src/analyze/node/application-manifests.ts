import type { ImagePath, TreeFile } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { ancestors, joinPath, parentPath } from '../image-path.ts';

/**
 * What an application declares beside its real dependencies, because it is built or checked where it is installed (npm docs,
 * package.json: "devDependencies" is where it belongs). None is loaded by name while an application serves; one that its
 * code or its start script names is kept for that.
 */
const buildTools =
  /^(?:@types\/.+|@babel\/(?:cli|core|preset-.+)|@angular\/(?:cli|compiler-cli)|@angular-devkit\/.+|@nestjs\/(?:cli|schematics|testing)|@vue\/cli-.+|@vitejs\/.+|@typescript-eslint\/.+|autoprefixer|ava|babel-.+|chai|concurrently|corepack|cypress|esbuild|eslint(?:-.+)?|grunt(?:-.+)?|gulp(?:-.+)?|husky|jest(?:-.+)?|lint-staged|mocha|nodemon|npm|parcel(?:-.+)?|playwright(?:-core)?|pnpm|postcss(?:-.+)?|prettier|puppeteer|react-scripts|rimraf|rollup(?:-.+)?|sass|semantic-release|serve|standard|stylelint|tailwindcss|terser|ts-jest|ts-loader|tslint|typescript|uglify-js|vite|vitest|webpack(?:-.+)?|yarn)$/;

/** Whether an application's dependency of this name is there to build or check it. */
export function isBuildTool(name: string): boolean {
  return buildTools.test(name);
}

/** The manifests of applications and of the members of their workspaces: those above or beside a `node_modules`. */
export function findApplicationManifests(view: ImageView): readonly TreeFile[] {
  const found: TreeFile[] = [];
  for (const entry of view.tree.entries()) {
    if (entry.kind !== 'file' || !entry.path.endsWith('/package.json')) continue;
    if (/\/node_modules\/|^\/usr\/(?:share|lib)\//.test(entry.path)) continue;
    if (hasModules(view, parentPath(entry.path))) found.push(entry);
  }
  return found;
}

function hasModules(view: ImageView, directory: ImagePath): boolean {
  for (const each of ancestors(joinPath(directory, 'x'))) {
    if (view.tree.resolve(joinPath(each, 'node_modules')).entry?.kind === 'directory') return true;
  }
  return false;
}
