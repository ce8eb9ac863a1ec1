import { PareError } from '../../model/pare-error.ts';

/**
 * Splits one line of comma-separated fields as Go's encoding/csv does: a field may be in double quotes, with `""` for a
 * quote in it. Throws PareError `usage`.
 */
export function parseCsvFields(line: string): readonly string[] {
  const fields: string[] = [];
  // Sticky, so that nothing between two fields is passed over.
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  let match: RegExpExecArray | null = null;
  do {
    match = field.exec(line);
    if (match === null) {
      throw new PareError(
        'usage',
        `cannot read ${JSON.stringify(line)}: quotes must be around a whole field`,
      );
    }
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  } while (match[3] === ',');
  return fields;
}
