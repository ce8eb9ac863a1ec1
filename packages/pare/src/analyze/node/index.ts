import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { ancestors, joinPath, parentPath } from '../image-path.ts';
import { namedFacts } from '../named-programs.ts';
import { textOf } from '../probe-file.ts';
import { catalogNpm } from './npm-packages.ts';
import { createManifestReader } from './package-json.ts';
import { createModuleResolver } from './resolve-module.ts';
import { scanJavaScript } from './scan-javascript.ts';

/** Node.js: npm packages, and what JavaScript and TypeScript sources import and start. */
export const analyzer: Analyzer = {
  id: 'node',
  catalog: catalogNpm,
  files: {
    claims: ({ extension, interpreter, path }) =>
      (/^\.[cm]?[jt]sx?$/.test(extension) && !/\.d\.[cm]?ts$/.test(path)) ||
      (interpreter !== undefined && /^(?:node|nodejs|bun|deno)$/.test(interpreter)),
    async prepare(view) {
      const resolve = createModuleResolver(view, createManifestReader(view));
      return async (probed) => {
        const { path } = probed;
        const scanned = scanJavaScript(await textOf(view, probed));
        const facts: Fact[] = [];
        const add = (to: ImagePath, name: string): void => {
          if (to !== path)
            facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        };
        for (const module of scanned.modules) {
          for (const to of await resolve(path, module)) add(to, module.specifier);
        }
        for (const name of scanned.besides) {
          const to = joinPath(parentPath(path), name);
          if (view.fileAt(to) !== undefined) add(to, name);
        }
        // Node reads the nearest package.json to know which module system a file is written for.
        const scope = scopeManifest(view, path);
        if (scope !== undefined) add(scope, 'package.json');
        return [...facts, ...namedFacts(view, path, scanned)];
      };
    },
  },
};

function scopeManifest(view: ImageView, path: ImagePath): ImagePath | undefined {
  for (const directory of ancestors(path)) {
    const manifest = joinPath(directory, 'package.json');
    if (view.fileAt(manifest) !== undefined) return manifest;
    if (directory.endsWith('/node_modules')) return undefined;
  }
  return undefined;
}
