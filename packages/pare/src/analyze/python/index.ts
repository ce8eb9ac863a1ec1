import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer } from '../analyzer.ts';
import { findNamedLibraries } from '../named-libraries.ts';
import { namedFacts } from '../named-programs.ts';
import { textOf } from '../probe-file.ts';
import { catalogPython } from './distributions.ts';
import { createImportResolver } from './resolve-import.ts';
import { scanPython } from './scan-python.ts';
import { readPythonPaths, searchPathOf } from './search-path.ts';

/** Python: installed distributions, and what sources and `.pth` files import and start. */
export const analyzer: Analyzer = {
  id: 'python',
  catalog: catalogPython,
  files: {
    claims: ({ extension, interpreter }) =>
      /^\.(?:py|pyw|pth)$/.test(extension) ||
      (interpreter !== undefined && /^(?:python|pypy)[\d.]*$/.test(interpreter)),
    async prepare(view) {
      const paths = await readPythonPaths(view);
      const resolve = createImportResolver(view);
      return async (probed) => {
        const { path } = probed;
        const scanned = scanPython(await textOf(view, probed));
        const searchPath = searchPathOf(view, paths, path);
        const facts: Fact[] = [];
        const add = (to: ImagePath, name: string): void => {
          if (to !== path)
            facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        };
        for (const name of scanned.imports) for (const to of resolve(name, path, searchPath)) add(to, name);
        return [
          ...facts,
          ...namedFacts(view, path, scanned),
          ...findNamedLibraries(view, path, scanned.libraries),
        ];
      };
    },
  },
};
