/** What a CGI program printed, taken apart (RFC 3875 section 6). */
export interface CgiAnswer {
  readonly status: number;
  /** Names in lower case, sorted; values of one name joined as in an HTTP answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const headLimitBytes = 64 * 1024;

/** Undefined when it has no head. A `Location` without a status is a redirect. */
export function parseCgiAnswer(output: Uint8Array): CgiAnswer | undefined {
  const head = Buffer.from(output.subarray(0, headLimitBytes)).toString('latin1');
  const end = /\r?\n\r?\n/.exec(head);
  if (end === null) return undefined;
  const headers = new Map<string, string>();
  for (const line of head.slice(0, end.index).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const known = headers.get(name);
    const joint = name === 'set-cookie' ? '\n' : ', ';
    headers.set(name, known === undefined ? value : `${known}${joint}${value}`);
  }
  const status = Number(
    /^\d{3}/.exec(headers.get('status') ?? '')?.[0] ?? (headers.has('location') ? 302 : 200),
  );
  headers.delete('status');
  return {
    status,
    headers: Object.fromEntries([...headers].sort(([a], [b]) => (a < b ? -1 : 1))),
    body: output.subarray(end.index + end[0].length),
  };
}
