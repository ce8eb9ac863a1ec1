/** What is wrong with a file that an analyzer tried to read. */
export type MalformedCode = 'truncated' | 'corrupt' | 'too-large' | 'unsupported';

/** One file cannot be read as what it seems to be. It ends as an `unknown` fact, never as a crash. */
export class MalformedFile extends Error {
  readonly code: MalformedCode;
  constructor(code: MalformedCode, message: string) {
    super(message);
    this.name = 'MalformedFile';
    this.code = code;
  }
}
