const lineLimit = 160;

/** The part of two texts that a person must see to know how they differ. */
export interface Excerpts {
  readonly fat: string;
  readonly slim: string;
}

/**
 * The first line at which two texts differ, shown from the texts as they are. `compare` maps a line to what is compared
 * (normalised text), so that a line that differs only in what is volatile is passed over.
 */
export function firstDifferingLine(fat: string, slim: string, compare: (text: string) => string): Excerpts {
  const fatLines = fat.split('\n');
  const slimLines = slim.split('\n');
  const count = Math.max(fatLines.length, slimLines.length);
  for (let index = 0; index < count; index += 1) {
    const fatLine = fatLines[index];
    const slimLine = slimLines[index];
    if (fatLine === slimLine) continue;
    if (fatLine !== undefined && slimLine !== undefined && compare(fatLine) === compare(slimLine)) continue;
    return { fat: renderLine(index, fatLine, slimLine), slim: renderLine(index, slimLine, fatLine) };
  }
  return { fat: `${fat.length} characters`, slim: `${slim.length} characters` };
}

/** Long lines (minified pages) are cut around the first character that differs. */
function renderLine(index: number, line: string | undefined, other: string | undefined): string {
  if (line === undefined) return `ends before line ${index + 1}`;
  let start = 0;
  if (line.length > lineLimit && other !== undefined) {
    while (start < line.length && line[start] === other[start]) start += 1;
    start = Math.max(0, Math.min(start - 40, line.length - lineLimit));
  }
  const cut = line.slice(start, start + lineLimit);
  return `line ${index + 1}: ${start > 0 ? '…' : ''}${cut}${start + lineLimit < line.length ? '…' : ''}`;
}
