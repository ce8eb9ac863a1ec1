import * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import { codeOf, hintOf } from './api-error.ts';
import { loadLineSchema } from './schemas.ts';

/** A line of progress is short; what never ends a line is no answer. */
const lineLimitCharacters = 2 ** 20;

/**
 * Reads the answer to `images/load`, JSON values in a row, and returns the ID that the engine says it loaded, undefined
 * when it names the image otherwise or not at all. Throws PareError for an error in it: the status was 200 by then.
 */
export async function readLoadAnswer(
  answer: AsyncIterable<Uint8Array>,
): Promise<`sha256:${string}` | undefined> {
  let id: `sha256:${string}` | undefined;
  let rest = '';
  const decoder = new TextDecoder();
  const take = (line: string) => {
    if (line.trim() !== '') id = readLine(line) ?? id;
  };
  for await (const chunk of answer) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLimitCharacters) throw notAnAnswer(rest);
    for (const line of lines) take(line);
  }
  take(rest);
  return id;
}

function readLine(line: string): `sha256:${string}` | undefined {
  const parsed = v.safeParse(loadLineSchema, parseJson(line));
  if (!parsed.success) throw notAnAnswer(line);
  const said = parsed.output.errorDetail?.message ?? parsed.output.error;
  if (typeof said === 'string') {
    const code = codeOf(undefined, said);
    const hint = hintOf(code);
    throw new PareError(code, `storing the image: ${said}`, hint === undefined ? {} : { hint });
  }
  const hex = /Loaded image(?: ID)?: (?:sha256:)?([0-9a-f]{64})\s*$/.exec(parsed.output.stream ?? '')?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw notAnAnswer(line);
  }
}

function notAnAnswer(line: string): PareError {
  return new PareError(
    'engine-failed',
    `storing the image: unexpected answer: ${JSON.stringify(line.slice(0, 200))}`,
  );
}
