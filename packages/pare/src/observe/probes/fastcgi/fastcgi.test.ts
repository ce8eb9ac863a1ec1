import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { parseCgiAnswer } from './cgi-answer.ts';
import { fastcgiProbe } from './index.ts';
import { createRecordReader, encodeParams, encodeRecord, encodeStream, recordTypes } from './records.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const bytes = (text: string) => Buffer.from(text, 'latin1');
const ended = encodeRecord(recordTypes.end, new Uint8Array(8));

/** Answers a whole request with what `reply` makes of its parameters and body. */
async function serve(reply: (params: string, body: string) => readonly Uint8Array[]): Promise<number> {
  const server = createServer((socket: Socket) => {
    const read = createRecordReader();
    let params = '';
    let body = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const { type, content } of read(chunk)) {
        const text = Buffer.from(content).toString('latin1');
        if (type === recordTypes.params) params += text;
        if (type === recordTypes.stdin && text !== '') body += text;
        if (type === recordTypes.stdin && text === '') {
          for (const part of reply(params, body)) socket.write(part);
          socket.end();
        }
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function run(hostPort: number, over: Partial<ProbeOf<'fastcgi'>> = {}) {
  if (fastcgiProbe.needs !== 'address') throw new Error('not a probe of an address');
  const usual = { port: 9000, script: '/app/index.php', method: 'GET', query: '', params: {} };
  const address = { host: '127.0.0.1', port: hostPort };
  const { signal } = new AbortController();
  return fastcgiProbe.run(
    { kind: 'fastcgi', ...usual, ...over },
    { address, port: 9000, steps: recordSteps(), timeoutMs: 3000, signal },
  );
}

describe('the FastCGI probe', () => {
  test('asks as a web server would, and gives the answer as one of HTTP', async () => {
    const seen: string[] = [];
    const port = await serve((params, body) => {
      seen.push(params, body);
      const head =
        'Status: 201 Created\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n';
      return [
        encodeRecord(recordTypes.stderr, bytes('PHP Notice')),
        encodeStream(recordTypes.stdout, bytes(`${head}it works`)),
        ended,
      ];
    });
    const answers = await run(port, { query: 'q=1', method: 'POST', body: 'x=y', params: { HTTPS: 'on' } });
    expect(answers).toMatchObject([
      {
        kind: 'http',
        method: 'POST',
        url: 'fastcgi://localhost:9000/app/index.php?q=1',
        status: 201,
        headers: { 'content-type': 'text/plain', 'set-cookie': 'a=1\nb=2' },
        bodyText: 'it works',
      },
    ]);
    expect(seen[0]).toContain('\x0f\x0eSCRIPT_FILENAME/app/index.php');
    expect(seen[0]).toContain('\x05\x02HTTPSon');
    expect(seen[1]).toBe('x=y');
  });

  test('marks what is not as expected', async () => {
    const port = await serve(() => [encodeStream(recordTypes.stdout, bytes('X: 1\n\nbad')), ended]);
    expect(await run(port, { expect: { status: 404, body: 'good' } })).toMatchObject([
      { status: 200, unmet: ['status 404 was expected, it is 200', 'the body was expected to match /good/'] },
    ]);
  });

  test.each([
    ['closes in the middle', () => [encodeRecord(recordTypes.stdout, bytes('X: 1\r\n'))], 'before the end'],
    [
      'says no head',
      () => [encodeRecord(recordTypes.stderr, bytes('no such script')), ended],
      'no such script',
    ],
    ['is another protocol', () => [bytes('HTTP/1.1 400 Bad Request\r\n\r\n')], 'not FastCGI'],
  ])('fails on an application that %s', async (_, reply, message) => {
    expect(await run(await serve(reply))).toMatchObject([
      { kind: 'failed', message: expect.stringContaining(message) },
    ]);
  });
});

describe('parseCgiAnswer', () => {
  test('takes a location without a status for a redirect, and refuses what is no head', () => {
    expect(parseCgiAnswer(bytes('Location: /b\n\n'))).toMatchObject({
      status: 302,
      headers: { location: '/b' },
    });
    expect(parseCgiAnswer(bytes(''))).toBeUndefined();
    expect(parseCgiAnswer(bytes('no colon\r\n\r\nbody'))).toBeUndefined();
  });
});

describe('records', () => {
  test('are read as they were written, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70_000 }),
        fc.integer({ min: 1, max: 5000 }),
        (content, size) => {
          const stream = encodeStream(recordTypes.stdout, content);
          const read = createRecordReader();
          const parts: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += size) {
            for (const record of read(stream.subarray(at, at + size))) parts.push(record.content.slice());
          }
          expect(Buffer.concat(parts).equals(content)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('write long names and values with four bytes of length', () => {
    const params = Buffer.from(encodeParams({ a: 'x'.repeat(300) }));
    expect([...params.subarray(0, 5)]).toEqual([1, 0x80, 0, 1, 0x2c]);
  });
});
