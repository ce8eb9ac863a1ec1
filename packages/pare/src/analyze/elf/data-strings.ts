/** What an object's data says beyond its dynamic section. */
export interface DataStrings {
  /** Whole strings that are names of shared libraries, as given to dlopen(3). */
  readonly libraries: ReadonlySet<string>;
  /** Whether it starts a shell by name, or calls system(3) or popen(3). */
  readonly shell: boolean;
}

const overlapBytes = 512;
const nameLimitBytes = 256;
const shellEvidence = ['\0/bin/sh\0', '\0/bin/bash\0', '\0system\0', '\0popen\0'];
const soname = /^(?:lib|\/)[\w+./-]*\.so(?:\.[\w.]+)*$/;

/**
 * Finds the strings of interest in a stream of bytes. A string counts only whole, from NUL to NUL: what stands
 * amid other text is a message and not a name.
 */
export async function scanDataStrings(chunks: AsyncIterable<Uint8Array>): Promise<DataStrings> {
  const libraries = new Set<string>();
  let shell = false;
  let carried: Buffer = Buffer.from([0]);
  for await (const chunk of chunks) {
    const block = Buffer.concat([carried, chunk]);
    shell ||= shellEvidence.some((text) => block.includes(text, 0, 'latin1'));
    for (let at = block.indexOf('.so', 0, 'latin1'); at >= 0; at = block.indexOf('.so', at + 3, 'latin1')) {
      const start = block.lastIndexOf(0, at) + 1;
      const end = block.indexOf(0, at);
      if (start === 0 || end < 0 || end - start > nameLimitBytes) continue;
      const text = block.toString('latin1', start, end);
      if (soname.test(text) && !text.includes('/../')) libraries.add(text);
    }
    carried = block.subarray(Math.max(0, block.length - overlapBytes));
  }
  return { libraries, shell };
}
