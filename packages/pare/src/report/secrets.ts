const SECRET_NAME =
  /pass(word|wd|phrase)?$|^pw$|secret|token|credential|private|api_?key|access_?key|auth(?!or)|dsn$/i;
/** Values that are secrets whatever their name: well-known prefixes of keys, PEM blocks and JSON web tokens. */
const SECRET_VALUE =
  /^(AKIA[0-9A-Z]{12,}|gh[pousr]_\w{20,}|glpat-|xox[abprs]-|sk-[\w-]{20,}|eyJ[\w-]+\.eyJ)|-----BEGIN /;
const URL_PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)([^\s/@]+)(@)/i;

/** Masks the value of `NAME=value` where it looks like a secret; in a URL its password alone. `mask` stands for it. */
export function maskSecret(pair: string, mask: string): string {
  const equals = pair.indexOf('=');
  const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  if (value === '') return pair;
  if (URL_PASSWORD.test(value)) return `${name}=${value.replace(URL_PASSWORD, `$1${mask}$3`)}`;
  return SECRET_NAME.test(name) || SECRET_VALUE.test(value) ? `${name}=${mask}` : pair;
}
