import type { ImagePath } from '@pare/oci';
import { baseName, parentOf } from '../system-paths.ts';
import type { Family, RuleView } from './family.ts';

/**
 * Babel: the data of one locale is a file that is read when the locale is first used. All 1,000 measure 30 MB, those of a
 * language 0.05 to 1 MB. An application that has messages formats in their languages; one without any in those of its users.
 */
export const pythonBabel: Family = {
  id: 'python-babel',
  triggers: ['/**/babel/localedata.py'],
  rules: [
    {
      id: 'locale-data',
      level: 'used',
      keep: (view) => localeData(view),
      reason: 'Locale.parse raises UnknownLocaleError for a locale without its file',
      source: 'Babel docs, "Locale data"; babel/localedata.py',
    },
  ],
};

function* localeData(view: RuleView): Iterable<ImagePath> {
  const languages = new Set(['root', 'en', ...view.languages]);
  for (const source of view.triggeredBy) {
    // Debian has a link here, to a directory of another package.
    const directory = `${parentOf(source)}/locale-data` as ImagePath;
    yield directory;
    for (const path of view.tree.list(view.tree.resolve(directory).path)) {
      const language = baseName(path).replace(/[_.].*$/, '');
      if (view.languages.length === 0 || languages.has(language)) yield path;
    }
  }
}
