/** The first line of a script (execve(2), "Interpreter scripts"). */
export interface Shebang {
  /** The program that the kernel starts; may be relative to the working directory. */
  readonly interpreter: string;
  /** For `env` and its like: the command that is looked for in PATH. */
  readonly command: string | undefined;
}

/** Linux reads at most this much of the line (BINPRM_BUF_SIZE, since 5.1). */
const lineLimitBytes = 256;
/** env(1): options that take the next word as their value. */
const envValueOptions = new Set(['-u', '-C', '--unset', '--chdir']);

/** Parses a shebang line; undefined for a file without one. */
export function parseShebang(head: Uint8Array): Shebang | undefined {
  if (head[0] !== 0x23 || head[1] !== 0x21) return undefined;
  const text = Buffer.from(head.subarray(2, lineLimitBytes)).toString('utf8');
  const line = text.replace(/[\n\0][\s\S]*/, '').trim();
  const words = line.split(/[ \t]+/);
  const interpreter = words[0];
  if (interpreter === undefined || interpreter === '') return undefined;
  if (!/(^|\/)env$/.test(interpreter)) return { interpreter, command: undefined };
  return { interpreter, command: envCommand(words.slice(1)) };
}

function envCommand(words: readonly string[]): string | undefined {
  let skip = false;
  for (const word of words) {
    if (skip) {
      skip = false;
    } else if (envValueOptions.has(word)) {
      skip = true;
    } else if (/^-S./.test(word)) {
      return word.slice(2);
    } else if (!word.startsWith('-') && !word.includes('=')) {
      return word;
    }
  }
  return undefined;
}
