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

/** Whether a locale of a language (`de`) is there, so that a process can select it. */
export type LanguageTest = (language: string) => boolean;

/**
 * The languages of the locales that the image selects or has: directories, and those of its locale archive (localedef(1)).
 * `archived`: the names in the archive; undefined where they could not be read, and then with an archive all count.
 */
export function languageTest(
  tree: FileTree,
  config: ImageConfig,
  archived: readonly string[] | undefined,
): LanguageTest {
  const root = '/usr/lib/locale' as ImagePath;
  const names = [
    ...selectedLocales(config),
    ...tree.list(root).map((directory) => directory.slice(root.length + 1)),
    ...(archived ?? []),
  ];
  const languages = new Set(names.map((name) => /^[a-z]{2,3}(?=[_@.]|$)/.exec(name)?.[0]));
  const all = archived === undefined && tree.get(`${root}/locale-archive` as ImagePath) !== undefined;
  return (language) => all || languages.has(language);
}

/** The language of a message catalogue of the system (`/usr/share/locale/de/LC_MESSAGES/…`); undefined for other paths. */
export function catalogueLanguage(path: string): string | undefined {
  if (!path.endsWith('.mo')) return undefined;
  return /^\/usr\/share\/locale\/([a-z]{2,3})[_@/]/.exec(path)?.[1];
}
