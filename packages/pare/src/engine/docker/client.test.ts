import { setTimeout as delay } from 'node:timers/promises';
import { type FakeDaemon, fakeDaemon, sendJson } from '@pare/testkit';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type ApiCall, ApiClient } from './client.ts';
import { openConnection } from './connection.ts';
import { createGate } from './gate.ts';

const schema = v.object({ answer: v.number() });
const call: ApiCall = { method: 'GET', path: '/x', doing: 'asking' };

function clientOf(daemon: FakeDaemon): ApiClient {
  return new ApiClient(openConnection({ kind: 'unix', path: daemon.socket }), '1.41');
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += Buffer.from(chunk);
  return text;
}

async function* forever() {
  for (;;) {
    yield Buffer.alloc(65_536);
    await delay(1);
  }
}

describe('ApiClient', () => {
  it('parses an answer in chunks and sends the version, the query and JSON', async () => {
    let sent = '';
    await using daemon = await fakeDaemon(async (request, response) => {
      sent = await textOf(request);
      response.write('{"answer"');
      response.end(':42}');
    });
    const answer = await clientOf(daemon).json(schema, {
      ...call,
      method: 'POST',
      query: { a: 'b c' },
      json: { q: 1 },
    });
    expect(answer).toEqual({ answer: 42 });
    expect(daemon.requests).toEqual(['POST /v1.41/x?a=b+c']);
    expect(sent).toBe('{"q":1}');
  });

  it.each([
    [404, '{"message":"No such image: x"}', 'image-not-found', 'asking: No such image: x'],
    [404, '{"message":"No such container: x"}', 'engine-failed', 'asking: No such container: x'],
    [
      500,
      '{"message":"mkdir /x: no space left on device"}',
      'disk-full',
      'asking: mkdir /x: no space left on device',
    ],
    [500, '{"cause":"c","message":"m","response":500}', 'engine-failed', 'asking: m'],
    [503, 'Bad Gateway\n', 'engine-failed', 'asking: Bad Gateway'],
    [500, '', 'engine-failed', 'asking: HTTP status 500'],
    [500, '{"message":7}', 'engine-failed', 'asking: {"message":7}'],
  ])('turns an answer %i %s into an error', async (status, body, code, message) => {
    await using daemon = await fakeDaemon((_, response) => response.writeHead(status).end(body));
    await expect(clientOf(daemon).json(schema, call)).rejects.toMatchObject({ code, message, status });
  });

  it('reads no more than it must of a long error', async () => {
    await using daemon = await fakeDaemon((_, response) => {
      response.writeHead(500);
      response.write('x'.repeat(2 ** 20));
    });
    await expect(clientOf(daemon).json(schema, call)).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('hands accepted statuses to the caller, and 404 as nothing', async () => {
    await using daemon = await fakeDaemon((_, response) => sendJson(response, 404, { message: 'gone' }));
    expect((await clientOf(daemon).status({ ...call, accept: [404] })).status).toBe(404);
    expect(await clientOf(daemon).find(schema, call)).toBeUndefined();
  });

  it.each([
    ['{"answer":"text"}', 'answer'],
    ['{}', 'answer'],
    ['[1', 'no JSON'],
    ['', 'no JSON'],
  ])('refuses the answer %j', async (body, message) => {
    await using daemon = await fakeDaemon((_, response) => response.end(body));
    await expect(clientOf(daemon).json(schema, call)).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining(message),
    });
  });

  it('fails when the connection is cut in the middle of an answer', async () => {
    await using daemon = await fakeDaemon((_, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{"answer"', () => response.destroy());
    });
    await expect(clientOf(daemon).json(schema, call)).rejects.toMatchObject({
      code: 'engine-failed',
      message: 'asking: the connection was cut',
    });
  });

  it('fails when a stream is cut in the middle of a chunk', async () => {
    await using daemon = await fakeDaemon((_, response) => {
      response.write('abc', () => response.socket?.end('ff\r\nshort'));
    });
    await expect(textOf(clientOf(daemon).stream(call))).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('reads a hijacked connection until its end', async () => {
    await using daemon = await fakeDaemon((request) => {
      request.socket.end(
        'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nraw bytes',
      );
    });
    expect(await textOf(clientOf(daemon).stream({ ...call, method: 'POST' }))).toBe('raw bytes');
  });

  it('says why it could not connect', async () => {
    const client = new ApiClient(openConnection({ kind: 'unix', path: '/nonexistent/socket' }));
    await expect(client.json(schema, call)).rejects.toMatchObject({
      code: 'engine-failed',
      message: 'asking: there is no socket',
    });
  });

  it('times out when nothing answers, or an answer does not go on', async () => {
    await using silent = await fakeDaemon(() => {});
    await expect(clientOf(silent).json(schema, { ...call, deadlineMs: 30 })).rejects.toMatchObject({
      code: 'timed-out',
      message: 'asking: the engine did not answer within 0.03 s',
    });
    await using stalling = await fakeDaemon((_, response) => response.write('a'));
    await expect(textOf(clientOf(stalling).stream(call, 30))).rejects.toMatchObject({ code: 'timed-out' });
    await expect(clientOf(stalling).json(schema, { ...call, deadlineMs: 30 })).rejects.toMatchObject({
      code: 'timed-out',
    });
  });

  it('does not count the time that the consumer of a stream takes', async () => {
    await using daemon = await fakeDaemon((_, response) => {
      response.write('a', () => response.end('b'));
    });
    let text = '';
    for await (const chunk of clientOf(daemon).stream(call, 500)) {
      text += Buffer.from(chunk);
      await delay(600);
    }
    expect(text).toBe('ab');
  });

  it('throws the reason of an abort, before, while waiting and while reading', async () => {
    const reason = new Error('enough');
    await using daemon = await fakeDaemon((_, response) => response.write('a'));
    const aborted = AbortSignal.abort(reason);
    await expect(clientOf(daemon).json(schema, { ...call, signal: aborted })).rejects.toBe(reason);
    expect(daemon.requests).toEqual([]);
    const controller = new AbortController();
    const reading = clientOf(daemon).stream({ ...call, signal: controller.signal });
    expect((await reading.next()).value).toEqual(Buffer.from('a'));
    const next = reading.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });

  it('closes the connection when a stream is left early', async () => {
    const closed = createGate();
    await using daemon = await fakeDaemon((_, response) => {
      response.on('close', closed.open);
      response.write('a');
    });
    for await (const _ of clientOf(daemon).stream(call)) break;
    await closed.pass();
  });

  it('prefers an error that the engine sends while a body is on its way', async () => {
    // As Go's server does: it ends its side and lingers a while.
    const message = '{"message":"no space left on device"}';
    await using daemon = await fakeDaemon((request) => {
      request.socket.end(`HTTP/1.1 500 Oops\r\nContent-Length: ${message.length}\r\n\r\n${message}`);
    });
    await expect(clientOf(daemon).status({ ...call, method: 'POST', body: forever() })).rejects.toMatchObject(
      {
        code: 'disk-full',
      },
    );
  });

  it("throws a body's own error, and stops the request", async () => {
    const failure = new Error('the tar is corrupt');
    const arrived = createGate();
    const closed = createGate();
    await using daemon = await fakeDaemon((request) => {
      request.on('error', () => {});
      request.on('close', closed.open);
      request.on('data', arrived.open);
    });
    const body = (async function* () {
      yield Buffer.from('some');
      await arrived.pass();
      throw failure;
    })();
    await expect(clientOf(daemon).status({ ...call, method: 'POST', body })).rejects.toBe(failure);
    await closed.pass();
  });

  it('does not end a body at an empty piece', async () => {
    let sent = '';
    await using daemon = await fakeDaemon(async (request, response) => {
      sent = await textOf(request);
      sendJson(response, 200, {});
    });
    const body = (async function* () {
      yield Buffer.from('a');
      yield new Uint8Array();
      yield Buffer.from('b');
    })();
    await clientOf(daemon).status({ ...call, method: 'PUT', body });
    expect(sent).toBe('ab');
  });
});
