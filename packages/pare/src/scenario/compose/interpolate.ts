/** A `${…}` that has no value though it must, or that is not finished. */
export class InterpolationError extends Error {}

const variable = /\$(?:(\$)|([A-Za-z_]\w{0,254})|\{([^{}]*)\}|(\{))/g;
const braced = /^([A-Za-z_]\w{0,254})(?:(:?[-?+])(.*))?$/s;

/**
 * Puts the values of variables into a text, as the Compose specification says ("Interpolation"): `$NAME`, `${NAME}`,
 * `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`, `${NAME:+instead}`, and `$$` for a dollar sign. A variable without
 * a value is empty. Defaults are taken as they are. Throws InterpolationError.
 */
export function interpolate(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(variable, (whole, dollar: string, name: string, inner: string, open: string) => {
    if (dollar !== undefined) return '$';
    if (open !== undefined) throw new InterpolationError(`${whole} is not closed, or nests another variable`);
    if (name !== undefined) return variables[name] ?? '';
    const match = braced.exec(inner);
    if (match?.[1] === undefined) throw new InterpolationError(`${whole} is no variable`);
    const [, key, operator = '', word = ''] = match;
    const value = variables[key];
    const there = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
    switch (operator.at(-1)) {
      case '-':
        return there ? (value ?? '') : word;
      case '+':
        return there ? word : '';
      case '?':
        if (!there) throw new InterpolationError(`${key} is not set${word === '' ? '' : `: ${word}`}`);
        return value ?? '';
      default:
        return value ?? '';
    }
  });
}
