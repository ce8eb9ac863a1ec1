import * as v from 'valibot';
import {
  command,
  count,
  dictionary,
  duration,
  either,
  headerPatterns,
  pattern,
  port,
  text,
  urlPath,
} from './form-parts.ts';

const exitCode = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const httpExpectation = v.strictObject({
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599))),
  body: v.optional(pattern),
  headers: v.optional(headerPatterns),
});
const commandExpectation = v.strictObject({
  exitCode: v.optional(exitCode),
  stdout: v.optional(pattern),
  stderr: v.optional(pattern),
});
const messages = either({
  string: v.pipe(
    text,
    v.transform((one) => [one]),
  ),
  list: v.array(text),
});
const patterns = either({
  string: v.pipe(
    pattern,
    v.transform((one) => [one]),
  ),
  list: v.array(pattern),
});

const message = v.record(text, v.unknown());

const httpForm = v.strictObject({
  method: v.optional(v.pipe(text, v.regex(/^[A-Za-z]+$/, 'must be a method such as POST'), v.toUpperCase())),
  path: urlPath,
  port: v.optional(port),
  headers: v.optional(dictionary),
  body: v.optional(
    either({
      string: text,
      object: v.pipe(
        v.record(text, v.unknown()),
        v.transform((value) => JSON.stringify(value)),
      ),
    }),
  ),
  expect: v.optional(httpExpectation),
});

/** One element of `probes`: an object with exactly one of these keys. */
export const probeForm = v.strictObject({
  http: v.optional(either({ string: urlPath, object: httpForm })),
  crawl: v.optional(
    either({
      string: urlPath,
      object: v.strictObject({
        path: v.optional(urlPath),
        port: v.optional(port),
        maxPages: v.optional(count),
        maxDepth: v.optional(count),
      }),
    }),
  ),
  exec: v.optional(
    either({
      string: v.pipe(text, v.nonEmpty('is empty')),
      list: v.pipe(v.array(text), v.minLength(1, 'is empty')),
      object: v.strictObject({ command, expect: v.optional(commandExpectation) }),
    }),
  ),
  tcp: v.optional(
    either({
      number: port,
      object: v.strictObject({
        port,
        tls: v.optional(v.boolean()),
        send: v.optional(text),
        expect: v.optional(pattern),
      }),
    }),
  ),
  websocket: v.optional(
    either({
      string: urlPath,
      object: v.strictObject({
        path: v.optional(urlPath),
        port: v.optional(port),
        tls: v.optional(v.boolean()),
        headers: v.optional(dictionary),
        protocols: v.optional(v.array(text)),
        send: v.optional(messages),
        expect: v.optional(patterns),
      }),
    }),
  ),
  grpc: v.optional(
    either({
      number: port,
      object: v.strictObject({
        port,
        tls: v.optional(v.boolean()),
        calls: v.optional(
          v.array(
            v.strictObject({
              method: v.pipe(text, v.regex(/^\/?[\w.]+\/\w+$/, 'must be package.Service/Method')),
              request: v.optional(either({ object: message, list: v.array(message) })),
              maxMessages: v.optional(count),
            }),
          ),
        ),
      }),
    }),
  ),
  fastcgi: v.optional(
    v.strictObject({
      port,
      script: urlPath,
      method: v.optional(v.pipe(text, v.toUpperCase())),
      query: v.optional(text),
      body: v.optional(text),
      params: v.optional(dictionary),
      expect: v.optional(httpExpectation),
    }),
  ),
  openapi: v.optional(
    either({
      string: urlPath,
      object: v.strictObject({
        path: v.optional(urlPath),
        file: v.optional(text),
        port: v.optional(port),
      }),
    }),
  ),
  host: v.optional(
    either({
      string: v.pipe(text, v.nonEmpty('is empty')),
      object: v.strictObject({
        command: v.pipe(text, v.nonEmpty('is empty')),
        env: v.optional(dictionary),
        workdir: v.optional(text),
        timeout: v.optional(duration),
        expect: v.optional(commandExpectation),
      }),
    }),
  ),
});

export type ProbeForm = v.InferOutput<typeof probeForm>;

/** The key `readiness`: at most one of the checks, and how long it may take. */
export const readinessForm = v.strictObject({
  http: v.optional(urlPath),
  port: v.optional(port),
  tcp: v.optional(port),
  exec: v.optional(command),
  log: v.optional(pattern),
  timeout: v.optional(duration),
});

export type ReadinessForm = v.InferOutput<typeof readinessForm>;
