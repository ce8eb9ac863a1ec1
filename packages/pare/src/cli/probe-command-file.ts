import * as v from 'valibot';
import { PareError } from '../model/pare-error.ts';
import type { Probe } from '../model/scenario.ts';

const text = v.string();
const commandSchema = v.object({
  method: v.optional(text),
  resource: v.optional(v.pipe(text, v.startsWith('/', 'must begin with /'))),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
  headers: v.optional(v.array(v.pipe(text, v.regex(/^[^:\s]+:/, 'must be name: value')))),
  body: v.optional(text),
  body_file: v.optional(text),
  username: v.optional(text),
  password: v.optional(text),
  crawl: v.optional(v.boolean()),
});
const fileSchema = v.object({ commands: v.array(commandSchema) });

/**
 * Parses a file of requests as docker-slim and mint have it: `{"commands": [{"method": "POST", "resource": "/login", …}]}`.
 * The protocol is found out by asking and not read. `readBody` reads a `body_file`. Throws PareError `usage`.
 */
export async function parseProbeCommands(
  json: string,
  file: string,
  readBody: (path: string) => Promise<string>,
): Promise<readonly Probe[]> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new PareError('usage', `${file}: ${cause instanceof Error ? cause.message : 'no JSON'}`, { cause });
  }
  const parsed = v.safeParse(fileSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new PareError('usage', `${file}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  }
  return Promise.all(parsed.output.commands.map((command) => probeOf(command, readBody)));
}

async function probeOf(
  command: v.InferOutput<typeof commandSchema>,
  readBody: (path: string) => Promise<string>,
): Promise<Probe> {
  const { method = 'GET', port, resource: path = '/', username } = command;
  const place = port === undefined ? {} : { port };
  if (command.crawl === true) return { kind: 'crawl', path, maxPages: 100, maxDepth: 3, ...place };
  const body = command.body_file === undefined ? command.body : await readBody(command.body_file);
  const headers = (command.headers ?? []).map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
  });
  const credentials = Buffer.from(`${username ?? ''}:${command.password ?? ''}`).toString('base64');
  return {
    kind: 'http',
    method: method.toUpperCase(),
    path,
    headers: {
      ...(username === undefined ? {} : { authorization: `Basic ${credentials}` }),
      ...Object.fromEntries(headers),
    },
    ...(body === undefined ? {} : { body }),
    ...place,
  };
}
