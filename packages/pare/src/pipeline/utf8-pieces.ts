/** Parts of a text that are to be joined. */
export type Utf8Pieces = readonly Uint8Array[];

/** Filled in about a millisecond. */
const pieceBytes = 192 * 1024;
/** A UTF-16 unit is at most so many bytes of UTF-8. */
const bytesPerUnit = 3;

/**
 * Texts that are to be joined in UTF-8; a lone surrogate becomes a replacement character. Many texts go into one piece. Yields between
 * pieces.
 */
export function* inUtf8(
  texts: Iterable<string>,
  atLeastBytes = pieceBytes,
): Generator<undefined, Utf8Pieces> {
  const pieces: Uint8Array[] = [];
  let piece = Buffer.alloc(0);
  let used = 0;
  for (const text of texts) {
    const mostBytes = text.length * bytesPerUnit;
    if (used + mostBytes > piece.length) {
      pieces.push(piece.subarray(0, used));
      yield;
      // Memory that nothing is written to costs nothing.
      piece = Buffer.allocUnsafeSlow(Math.max(atLeastBytes, mostBytes));
      used = 0;
    }
    used += piece.write(text, used);
  }
  pieces.push(piece.subarray(0, used));
  return pieces;
}
