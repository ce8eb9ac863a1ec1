/** Groups that an application in production is installed without (Bundler docs, "Groups"). */
const developmentGroups = /:(?:development|test|lint|doc|ci)\b/;

/**
 * The names of gems that a Gemfile declares by literals, those of groups for development left out: an adapter or a renderer
 * among them may be loaded by its name only, at its first use. Source: Bundler docs, gemfile(5).
 */
export function parseGemfile(text: string): readonly string[] {
  const names = new Set<string>();
  // How deep the current line is in blocks, and at which depth a block for development began.
  let depth = 0;
  let developmentSince: number | undefined;
  for (const line of text.split('\n')) {
    const code = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (/\bdo\b(?:\s*\|[^|]*\|)?$|^(?:if|unless|case)\b/.test(code)) {
      if (/^group\b/.test(code) && developmentGroups.test(code)) developmentSince ??= depth;
      depth += 1;
    }
    if (/^end\b/.test(code)) {
      depth -= 1;
      if (developmentSince !== undefined && depth <= developmentSince) developmentSince = undefined;
    }
    const name = /^gem\s*\(?\s*["']([\w.-]+)["']/.exec(code)?.[1];
    const isForDevelopment = /\bgroups?:/.test(code) && developmentGroups.test(code);
    if (name !== undefined && developmentSince === undefined && !isForDevelopment) names.add(name);
  }
  return [...names];
}
