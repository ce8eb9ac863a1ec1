/** What a configuration file names: shared objects (with or without a directory), and absolute paths. */
export interface SettingNames {
  readonly modules: readonly string[];
  readonly paths: readonly string[];
}

/** Files with more names than this are data and no settings. */
const nameLimit = 2000;

/**
 * Finds names in settings of any syntax. Lines that begin with `#`, `;` or `//` are comments. A module is a word that ends in
 * `.so` (`load_module modules/x.so`, `LoadModule x modules/x.so`, `plugin /usr/lib/x.so`), a quoted or listed `mod_x`
 * (lighttpd), or the value of `extension`, `zend_extension`, `shared_preload_libraries`, `plugin_load_add` and
 * `plugin-load-add` (PHP, PostgreSQL, MariaDB), which leave the ending out.
 */
export function scanSettings(text: string): SettingNames {
  const modules = new Set<string>();
  const paths = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^\s*(#|;|\/\/)/.test(line)) continue;
    for (const [word] of line.matchAll(/[\w./+-]+\.so(?![\w.])/g)) modules.add(word);
    for (const [word] of line.matchAll(/\bmod_\w+\b/g)) modules.add(`${word}.so`);
    const listed =
      /^\s*(?:zend_extension|extension|shared_preload_libraries|plugin[-_]load(?:[-_]add)?)\s*=\s*(.+)$/.exec(
        line,
      );
    for (const word of listed?.[1]?.split(/[\s,'"=]+/) ?? [])
      if (/^[\w-]+$/.test(word)) modules.add(`${word}.so`);
    for (const [word] of line.matchAll(/(?<![\w.:/-])\/[\w.+-]+(?:\/[\w.+-]+)+/g)) paths.add(word);
    if (modules.size + paths.size > nameLimit) break;
  }
  return { modules: [...modules].slice(0, nameLimit), paths: [...paths].slice(0, nameLimit) };
}
