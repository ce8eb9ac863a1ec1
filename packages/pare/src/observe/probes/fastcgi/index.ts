import type { Answer } from '../../../model/observation.ts';
import { pareVersion } from '../../../model/version.ts';
import { describeFailure, withDeadline } from '../deadline.ts';
import { judgeHttp } from '../expectation.ts';
import { toHttpAnswer } from '../http/to-answer.ts';
import { openSocket } from '../open-socket.ts';
import type { AddressContext, ProbeOf, ProbeRunner } from '../probe.ts';
import { parseCgiAnswer } from './cgi-answer.ts';
import { createRecordReader, encodeParams, encodeRecord, encodeStream, recordTypes } from './records.ts';

const outputLimitBytes = 8 * 1024 * 1024;

/** One request as a web server would send it to php-fpm and its like. Its answer is compared as one of HTTP. */
export const fastcgiProbe: ProbeRunner<'fastcgi'> = {
  id: 'fastcgi',
  needs: 'address',
  port: (probe) => probe.port,
  title: titleOf,
  async run(probe, context): Promise<readonly Answer[]> {
    const started = performance.now();
    const failed = (message: string): readonly Answer[] => [
      { kind: 'failed', probe: titleOf(probe), port: context.port, message },
    ];
    try {
      const output = await ask(probe, context);
      const answer = parseCgiAnswer(output.stdout);
      if (answer === undefined) {
        const said = Buffer.from(output.stderr).toString('utf8').trim().slice(0, 300);
        return failed(`the answer has no head${said === '' ? '' : `: ${said}`}`);
      }
      const { status, headers, body } = answer;
      const elapsedMs = performance.now() - started;
      const parts = {
        method: probe.method,
        url: urlOf(probe),
        port: context.port,
        status,
        headers,
        elapsedMs,
      };
      return [judgeHttp(toHttpAnswer(parts, body), probe.expect)];
    } catch (error) {
      context.signal.throwIfAborted();
      return failed(describeFailure(error));
    }
  },
};

function urlOf({ port, query, script }: ProbeOf<'fastcgi'>): string {
  return `fastcgi://localhost:${port}${script}${query === '' ? '' : `?${query}`}`;
}

function titleOf(probe: ProbeOf<'fastcgi'>): string {
  return `${probe.method} ${urlOf(probe)}`;
}

interface Output {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

function ask(probe: ProbeOf<'fastcgi'>, context: AddressContext): Promise<Output> {
  return withDeadline(context.timeoutMs, context.signal, async (signal) => {
    const socket = await openSocket(context.address, false, signal);
    const body = Buffer.from(probe.body ?? '');
    // Role 1 is that of a responder; without the flag FCGI_KEEP_CONN the application closes (section 5.1).
    socket.write(encodeRecord(recordTypes.begin, Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0)));
    socket.write(encodeStream(recordTypes.params, encodeParams(paramsOf(probe, body.length))));
    socket.write(encodeStream(recordTypes.stdin, body));
    const read = createRecordReader();
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of socket as AsyncIterable<Uint8Array>) {
        for (const { type, content } of read(chunk)) {
          if (type === recordTypes.end)
            return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
          size += content.length;
          if (size > outputLimitBytes) throw new Error(`the answer is longer than ${outputLimitBytes} bytes`);
          if (type === recordTypes.stdout) stdout.push(content.slice());
          if (type === recordTypes.stderr) stderr.push(content.slice());
        }
      }
      throw new Error('the connection was closed before the end of the answer');
    } finally {
      socket.destroy();
    }
  });
}

/** The meta-variables of CGI (RFC 3875 section 4.1) that nginx sends too; `params` of the scenario come over them. */
function paramsOf(probe: ProbeOf<'fastcgi'>, length: number): Readonly<Record<string, string>> {
  const { method, port, query, script } = probe;
  const name = script.slice(script.lastIndexOf('/'));
  return {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: `pare/${pareVersion}`,
    SERVER_NAME: 'localhost',
    SERVER_ADDR: '127.0.0.1',
    SERVER_PORT: '80',
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_PORT: String(port),
    REQUEST_METHOD: method,
    REQUEST_URI: `${name}${query === '' ? '' : `?${query}`}`,
    REQUEST_SCHEME: 'http',
    SCRIPT_NAME: name,
    SCRIPT_FILENAME: script,
    DOCUMENT_ROOT: script.slice(0, script.lastIndexOf('/')) || '/',
    DOCUMENT_URI: name,
    QUERY_STRING: query,
    CONTENT_LENGTH: length === 0 ? '' : String(length),
    CONTENT_TYPE: length === 0 ? '' : 'application/x-www-form-urlencoded',
    HTTP_HOST: 'localhost',
    // php-cgi refuses to run without it (cgi.force_redirect).
    REDIRECT_STATUS: '200',
    ...probe.params,
  };
}
