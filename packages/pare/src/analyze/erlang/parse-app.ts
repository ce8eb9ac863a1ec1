/** What an Erlang application's `.app` file says (app(4)). */
export interface ErlangApplication {
  readonly name: string;
  readonly version: string;
  /** Applications that must be loaded, started or included with it, optional ones among them. */
  readonly needs: readonly string[];
}

/** Comments of an Erlang term; strings before them, since one may hold a `%`. */
const skipped = /"(?:[^"\\]|\\[\s\S])*"|%[^\n]*/g;

/** Parses an `.app` file: one Erlang term. Undefined for text that is no such term. */
export function parseAppFile(text: string): ErlangApplication | undefined {
  const term = text.replace(skipped, (match) => (match.startsWith('%') ? '' : match));
  const name = /^\s*\{\s*application\s*,\s*(\w+|'[^']+')/.exec(term)?.[1]?.replaceAll("'", '');
  if (name === undefined) return undefined;
  const version = /\{\s*vsn\s*,\s*"([^"]*)"/.exec(term)?.[1] ?? '';
  const needs = ['applications', 'included_applications', 'optional_applications'].flatMap((key) => {
    const list = new RegExp(`\\{\\s*${key}\\s*,\\s*\\[([^\\]]*)\\]`).exec(term)?.[1] ?? '';
    return [...list.matchAll(/\w+|'[^']+'/g)].map(([each]) => each.replaceAll("'", ''));
  });
  return { name, version, needs: [...new Set(needs)] };
}
