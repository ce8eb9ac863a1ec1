import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { joinPath, parentPath, rootPath } from '../image-path.ts';
import { namedFacts } from '../named-programs.ts';
import { textOf } from '../probe-file.ts';
import { catalogComposer } from './composer.ts';
import { scanPhp } from './scan-php.ts';

/** Debian's `include_path` and that of PHP's own images (php.ini, `include_path`). */
const includeDirectories = ['/usr/share/php', '/usr/local/lib/php', '/usr/share/pear'] as ImagePath[];

/** PHP: packages of Composer, and what sources include and start. */
export const analyzer: Analyzer = {
  id: 'php',
  catalog: catalogComposer,
  files: {
    claims: ({ extension, interpreter }) =>
      /^\.(?:php[3-8]?|phtml|inc)$/.test(extension) ||
      (interpreter !== undefined && /^php[\d.]*$/.test(interpreter)),
    async prepare(view) {
      return async (probed) => {
        const { path } = probed;
        const scanned = scanPhp(await textOf(view, probed));
        const facts: Fact[] = [];
        const add = (to: ImagePath | undefined, name: string): void => {
          if (to === undefined || to === path) return;
          facts.push({ kind: 'needs', from: path, to, reason: { kind: 'import', of: path, name } });
        };
        const beside = parentPath(path);
        for (const name of scanned.beside) add(fileIn(view, [beside], name), name);
        const workdir = joinPath(rootPath, view.config.config.WorkingDir ?? '/');
        const directories = [...includeDirectories, beside, workdir];
        for (const name of scanned.imports) {
          add(fileIn(view, name.startsWith('/') ? [rootPath] : directories, name), name);
        }
        return [...facts, ...namedFacts(view, path, scanned)];
      };
    },
  },
};

function fileIn(view: ImageView, directories: readonly ImagePath[], name: string): ImagePath | undefined {
  if (name === '' || name.includes('\0')) return undefined;
  return directories
    .map((directory) => joinPath(directory, name))
    .find((path) => view.fileAt(path) !== undefined);
}
