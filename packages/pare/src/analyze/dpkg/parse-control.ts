/** One paragraph of a Debian control file: field names in lower case, continuation lines joined by newlines. */
export type ControlParagraph = ReadonlyMap<string, string>;

/** Parses Debian control data (deb-control(5), RFC 822 style): paragraphs between empty lines. Odd lines are skipped. */
export function parseControl(text: string): readonly ControlParagraph[] {
  const paragraphs: ControlParagraph[] = [];
  let fields = new Map<string, string>();
  let last = '';
  const finish = (): void => {
    if (fields.size > 0) paragraphs.push(fields);
    fields = new Map();
    last = '';
  };
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      finish();
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last !== '') fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`);
    } else {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      last = line.slice(0, colon).toLowerCase();
      fields.set(last, line.slice(colon + 1).trim());
    }
  }
  finish();
  return paragraphs;
}

/** The alternatives of each dependency, by package name alone: versions and architectures are left out. */
export function parseDependencies(field: string): readonly (readonly string[])[] {
  return field
    .split(',')
    .map((group) =>
      group
        .split('|')
        .map((alternative) => /^[\s]*([a-zA-Z0-9][\w.+-]*)/.exec(alternative)?.[1])
        .filter((name) => name !== undefined),
    )
    .filter((group) => group.length > 0);
}
