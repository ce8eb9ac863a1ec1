import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';

/** The locales in LANG, LANGUAGE and LC_* of the image, without encodings and modifiers: `de_DE`, `fr`. */
export function selectedLocales(config: ImageConfig): readonly string[] {
  const names: string[] = [];
  for (const variable of config.config.Env ?? []) {
    const [name = '', value = ''] = variable.split('=', 2);
    if (name !== 'LANG' && name !== 'LANGUAGE' && !name.startsWith('LC_')) continue;
    for (const locale of value.split(':')) {
      const bare = locale.split(/[.@]/)[0] ?? '';
      if (/^[a-z]{2,3}(_[A-Z]{2})?$/.test(bare)) names.push(bare);
    }
  }
  return names;
}

const languageDirectory =
  /\/(?:locales?|translations?|i18n|l10n|langs?|languages|messages)\/(?:.*\/)?([a-z]{2,3})(?:[_-][A-Za-z]{2,4})?(?:\/|\.(?:json|ya?ml|po|mo|[cm]?[jt]s|php|properties|ftl|toml|xliff|rb|pl|py)$)/;
const languageBundle = /[._-]([a-z]{2})(?:[_-][A-Z]{2})?\.(?:properties|po|mo|resx|xlf|ftl)$/;

/** The languages that an application's own files name: `locale/de/…`, `i18n/ja.json`, `messages_fr.properties`. Sorted. */
export function applicationLanguages(paths: readonly ImagePath[]): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const language = (languageDirectory.exec(path) ?? languageBundle.exec(path))?.[1];
    if (language !== undefined) found.add(language);
  }
  return [...found].sort();
}

/**
 * Answers whether a message catalogue can be selected: gettext translates only under a locale that is installed. The
 * languages of a locale archive (localedef(1)) are not visible in the tree, so with one all count.
 */
export function catalogueTest(tree: FileTree, config: ImageConfig): (path: string) => boolean {
  const root = '/usr/lib/locale' as ImagePath;
  const languages = new Set(selectedLocales(config).map((name) => name.split('_')[0] ?? ''));
  for (const directory of tree.list(root)) {
    const name = /\/([a-z]{2,3})_[A-Z]{2}[^/]*$/.exec(directory)?.[1];
    if (name !== undefined) languages.add(name);
  }
  const all = tree.get(`${root}/locale-archive` as ImagePath) !== undefined;
  return (path) => {
    const language = /^\/usr\/share\/locale\/([a-z]{2,3})[_@/][^/]*/.exec(path)?.[1];
    return language !== undefined && path.endsWith('.mo') && (all || languages.has(language));
  };
}
