import type { StoredImage } from '../ports/image-store.ts';
import { formatBytes } from './format.ts';
import { printable } from './terminal-text.ts';

const untagged = '<none>';
const idDigits = 12;

/** The images of the store as a table: a line for each name, and one for an image without any. */
export function renderImages(images: readonly StoredImage[]): string {
  const rows = images.flatMap((image) =>
    (image.tags.length > 0 ? image.tags : [untagged]).map((tag) => rowOf(image, tag)),
  );
  const table = [['IMAGE', 'ID', 'CREATED', 'SIZE', 'UNIQUE', 'SHARED'], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function rowOf(image: StoredImage, tag: string): readonly string[] {
  return [
    printable(tag),
    image.id.slice('sha256:'.length, 'sha256:'.length + idDigits),
    printable(image.created?.slice(0, 10) ?? '-'),
    formatBytes(image.sizeBytes),
    formatBytes(image.uniqueBytes),
    formatBytes(image.sharedBytes),
  ];
}
