/** What a part of an object says by whole strings. */
export interface DataStrings {
  /** Names of shared libraries, as given to dlopen(3). */
  readonly libraries: ReadonlySet<string>;
  /** Whether one of the texts that were asked for is there. */
  readonly named: boolean;
}

const overlapBytes = 512;
const nameLimitBytes = 256;
const soname = /^(?:lib|\/)[\w+./-]*\.so(?:\.[\w.]+)*$/;

/**
 * Finds names of libraries, and whether one of `texts` is there, in a stream of bytes. A string counts only whole,
 * from NUL to NUL: what stands amid other text is a message and not a name.
 */
export async function scanDataStrings(
  chunks: AsyncIterable<Uint8Array>,
  texts: readonly string[],
): Promise<DataStrings> {
  const wanted = texts.map((text) => Buffer.from(`\0${text}\0`, 'latin1'));
  const libraries = new Set<string>();
  let named = false;
  let carried: Buffer = Buffer.from([0]);
  for await (const chunk of chunks) {
    const block = Buffer.concat([carried, chunk]);
    named ||= wanted.some((text) => block.includes(text));
    for (let at = block.indexOf('.so', 0, 'latin1'); at >= 0; at = block.indexOf('.so', at + 3, 'latin1')) {
      const start = startOfString(block, at);
      const end = block.indexOf(0, at);
      if (start < 0 || end < 0 || end - start > nameLimitBytes) continue;
      const text = block.toString('latin1', start, end);
      if (soname.test(text) && !text.includes('/../')) libraries.add(text);
    }
    carried = block.subarray(Math.max(0, block.length - overlapBytes));
  }
  return { libraries, named };
}

/** The position after the nearest NUL before `at`; -1 when it is too far away for a name. */
function startOfString(block: Buffer, at: number): number {
  for (let start = at; start > 0 && at - start < nameLimitBytes; start--) {
    if (block[start - 1] === 0) return start;
  }
  return -1;
}
