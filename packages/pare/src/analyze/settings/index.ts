import type { ImagePath } from '@pare/oci';
import type { Fact } from '../../model/fact.ts';
import type { Analyzer, ImageView } from '../analyzer.ts';
import { baseName, joinPath, rootPath } from '../image-path.ts';
import { textOf } from '../probe-file.ts';
import { scanSettings } from './scan-settings.ts';

/** A path that settings name is kept up to this size, in bytes; what they load has no bound of its own. */
const dataLimitBytes = 4 * 1024 * 1024;
/** Above this a file is data. */
const settingsLimitBytes = 256 * 1024;
const moduleTrees = /^\/(?:usr\/(?:local\/)?|opt\/.*)?(?:lib|lib64|libexec|modules)\/.*\.so$/;

/**
 * Settings: a server loads modules and opens files that its configuration names, also in files that the run did not read (a
 * second site, another mode). Only what is there counts, so that prose does no harm.
 */
export const analyzer: Analyzer = {
  id: 'settings',
  files: {
    claims: ({ extension, path, file, interpreter }) =>
      interpreter === undefined &&
      file.sizeBytes <= settingsLimitBytes &&
      (/^\.(?:conf|cfg|cnf|load|ini|vcl|acl)$/.test(extension) ||
        (extension === '' && path.startsWith('/etc/'))),
    async prepare(view) {
      const modules = modulesByName(view);
      return async (probed) => {
        // The head of a file with an inert extension is empty: read it whole.
        const text = probed.head.length === 0 ? await view.readText(probed.file) : await textOf(view, probed);
        return settingFacts(view, modules, probed.path, text);
      };
    },
  },
};

/** Shared objects of plug-in directories by file name. */
function modulesByName(view: ImageView): ReadonlyMap<string, readonly ImagePath[]> {
  const found = new Map<string, ImagePath[]>();
  for (const { path, kind } of view.tree.entries()) {
    if (kind !== 'file' || !moduleTrees.test(path)) continue;
    const name = baseName(path);
    const known = found.get(name);
    if (known === undefined) found.set(name, [path]);
    else known.push(path);
  }
  return found;
}

function settingFacts(
  view: ImageView,
  modules: ReadonlyMap<string, readonly ImagePath[]>,
  from: ImagePath,
  text: string,
): readonly Fact[] {
  const named = scanSettings(text);
  const facts: Fact[] = [];
  const add = (to: ImagePath, name: string): void => {
    if (to !== from)
      facts.push({ kind: 'needs', from, to, reason: { kind: 'named-in-settings', of: from, name } });
  };
  for (const name of named.modules) {
    const absolute = name.startsWith('/') ? joinPath(rootPath, name) : undefined;
    if (absolute !== undefined && view.fileAt(absolute) !== undefined) add(absolute, name);
    else for (const path of modules.get(baseName(name)) ?? []) add(path, name);
  }
  for (const name of named.paths) {
    const path = joinPath(rootPath, name);
    if ((view.fileAt(path)?.sizeBytes ?? Number.POSITIVE_INFINITY) <= dataLimitBytes) add(path, name);
  }
  return facts;
}
