import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { parseDescriptors } from './descriptors.ts';
import { grpcProbe } from './index.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { readFields, textField, writeField, writeVarint } from './wire.ts';

/** What protoc makes of a file with the service demo.Greeter and the message demo.Person. */
const greeterFile = Buffer.from(
  'CgtncmVldC5wcm90bxIEZGVtbyLRAgoGUGVyc29uEhEKCWZ1bGxfbmFtZRgBIAEoCRILCgNhZ2UYAiABKAMSDQoFbWFya3MYAyADKBESJgoFc2l6ZXMYBCADKAsyFy5kZW1vLlBlcnNvbi5TaXplc0VudHJ5EhgKBG1vb2QYBSABKA4yCi5kZW1vLk1vb2QSDQoFcGhvdG8YBiABKAwSIAoFaG9tZXMYByADKAsyES5kZW1vLlBlcnNvbi5Ib21lEg0KA2JpZxgIIAEoBEgAEg8KBWZpeGVkGAkgASgQSAASDAoEdGFncxgKIAMoCRINCgViZWxvdxgLIAEoBRosCgpTaXplc0VudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoAToCOAEaMQoESG9tZRIOCgZudW1iZXIYASABKAcSDAoEYXJlYRgCIAEoAhILCgNvd24YAyABKAhCBwoFZXh0cmEqLQoETW9vZBIICgRDQUxNEAASCAoER0xBRBABEhEKBEdSSU0Q/v//////////ATJVCgdHcmVldGVyEiMKBUdyZWV0EgwuZGVtby5QZXJzb24aDC5kZW1vLlBlcnNvbhIlCgVXYXRjaBIMLmRlbW8uUGVyc29uGgwuZGVtby5QZXJzb24wAWIGcHJvdG8z',
  'base64',
);

/** A Person as Python's protobuf library writes it, and the JSON that it makes of it. */
const person = {
  bytes: Buffer.from(
    'CgZBZGEgw6kQ+///////////ARoEAgPYBCIMCgFhEQAAAAAAAPg/KP7//////////wEyAgD/OgwNBwAAABUAACBAGAE6AEn3/////////1IBeFIBeVj///////////8B',
    'base64',
  ),
  json: {
    fullName: 'Ada é',
    age: '-5',
    marks: [1, -2, 300],
    sizes: { a: 1.5 },
    mood: 'GRIM',
    photo: 'AP8=',
    homes: [{ number: 7, area: 2.5, own: true }, {}],
    fixed: '-9',
    tags: ['x', 'y'],
    below: -1,
  },
};

const descriptors = parseDescriptors([greeterFile]);
const servers: Http2Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('messages', () => {
  test('are read as the reference implementation reads them', () => {
    expect(decodeMessage('demo.Person', person.bytes, descriptors)).toEqual(person.json);
  });

  test('are written so that they say the same', () => {
    const written = encodeMessage('demo.Person', person.json, descriptors);
    expect(decodeMessage('demo.Person', written, descriptors)).toEqual(person.json);
    // Names as in the file are taken too.
    const named = encodeMessage('demo.Person', { full_name: 'x', mood: 1 }, descriptors);
    expect(decodeMessage('demo.Person', named, descriptors)).toEqual({ fullName: 'x', mood: 'GLAD' });
  });

  test.each([
    [{ name: 'x' }, 'has no field name'],
    [{ marks: 3 }, 'must be a list'],
    [{ mood: 'ANGRY' }, 'has no value "ANGRY"'],
    [{ homes: [3] }, 'must be a mapping'],
    [{ age: {} }, 'no whole number'],
  ])('that do not fit are refused: %j', (value, message) => {
    expect(() => encodeMessage('demo.Person', value, descriptors)).toThrow(message);
  });

  test('that are cut or hostile give an error and never go on for ever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage('demo.Person', bytes, descriptors);
          parseDescriptors([bytes]);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    expect(() => readFields(Uint8Array.of(0x0a, 5, 1))).toThrow('middle of a field');
    expect(() => readFields(Uint8Array.of(0x0b))).toThrow('unknown wire type');
    expect(() => readFields(new Uint8Array(20).fill(0xff))).toThrow('longer than 10 bytes');
  });

  test('hold any number of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (age) => {
        const bytes = encodeMessage('demo.Person', { age: String(age) }, descriptors);
        expect(decodeMessage('demo.Person', bytes, descriptors)).toEqual({ age: String(age) });
      }),
    );
    expect([...writeVarint(300n)]).toEqual([0xac, 2]);
  });
});

const frame = (message: Uint8Array) => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};
const embed = (number: number, bytes: Uint8Array) => writeField({ kind: 'bytes', number, bytes });

/** Answers as a gRPC server with reflection, of the older version alone. */
function answer(stream: ServerHttp2Stream, path: string, body: Uint8Array): void {
  const finish = (code: number, replies: readonly Uint8Array[], message = '') => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': code, 'grpc-message': message }));
    for (const reply of replies) stream.write(frame(reply));
    stream.end();
  };
  const [request] = readFields(body.subarray(5));
  if (path === '/demo.Greeter/Greet' && request === undefined) {
    finish(3, [], 'no name %C3%A9');
  } else if (path === '/demo.Greeter/Greet') {
    const name = request?.kind === 'bytes' ? Buffer.from(request.bytes).toString() : '';
    finish(0, [textField(1, `hello ${name}`)]);
  } else if (!path.includes('v1alpha')) {
    finish(12, [], 'unknown service');
  } else if (request?.number === 7) {
    finish(0, [embed(6, embed(1, textField(1, 'demo.Greeter')))]);
  } else {
    finish(0, [embed(4, embed(1, greeterFile))]);
  }
}

async function serve(onStream: typeof answer): Promise<number> {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const chunks: Uint8Array[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    stream.on('end', () => onStream(stream, String(headers[':path']), Buffer.concat(chunks)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const call = (method: string, ...requests: readonly object[]) => ({ method, requests, maxMessages: 3 });

async function run(
  hostPort: number,
  calls: ProbeOf<'grpc'>['calls'] = [],
  timeoutMs = 3000,
  steps = recordSteps(),
) {
  if (grpcProbe.needs !== 'address') throw new Error('not a probe of an address');
  const address = { host: '127.0.0.1', port: hostPort };
  const { signal } = new AbortController();
  const answers = await grpcProbe.run(
    { kind: 'grpc', port: 50_051, tls: false, calls },
    { address, port: 50_051, steps, timeoutMs, signal },
  );
  return answers.map((one) => (one.kind === 'exchange' ? { ...one, elapsedMs: 0 } : one));
}

const exchange = (what: string, outcome: string, received: readonly string[]) =>
  expect.objectContaining({ kind: 'exchange', question: `grpc localhost:50051 ${what}`, outcome, received });

describe('the gRPC probe', () => {
  test('lists and describes the services and makes the calls', async () => {
    const answers = await run(await serve(answer), [
      call('demo.Greeter/Greet', { full_name: 'Ada' }),
      call('demo.Greeter/Greet', {}),
    ]);
    expect(answers).toEqual([
      exchange('services', 'OK', ['demo.Greeter']),
      exchange('demo.Greeter', 'OK', [
        'Greet(demo.Person) returns (demo.Person)',
        'Watch(demo.Person) returns (stream demo.Person)',
      ]),
      exchange('demo.Greeter/Greet', 'OK', ['{"fullName":"hello Ada"}']),
      exchange('demo.Greeter/Greet', 'INVALID_ARGUMENT', ['no name é']),
    ]);
  });

  test('marks calls that cannot be made', async () => {
    const answers = await run(await serve(answer), [
      call('demo.Greeter/Leave', {}),
      call('demo.Greeter/Greet', { nose: 1 }),
      call('demo.Greeter/Greet', {}, {}),
    ]);
    expect(answers.slice(2)).toMatchObject([
      { outcome: 'not called', unmet: ['the server has no method demo.Greeter/Leave'] },
      { outcome: 'not called', unmet: ['demo.Person has no field nose'] },
      { outcome: 'not called', unmet: ['demo.Greeter/Greet takes one message, not 2'] },
    ]);
  });

  test('waits for so many messages of a stream, and for no end', async () => {
    const port = await serve((stream, path, body) => {
      if (path !== '/demo.Greeter/Watch') return answer(stream, path, body);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      const [request] = readFields(body.subarray(5));
      const endless = request !== undefined;
      let sent = 0;
      const send = () => {
        if (stream.destroyed || (!endless && sent === 2)) return;
        sent += 1;
        const bytes = frame(textField(1, `person ${sent}`));
        // In two pieces, as the network may cut it.
        stream.write(bytes.subarray(0, 7));
        stream.write(bytes.subarray(7), () => setImmediate(send));
      };
      send();
    });
    const answers = await run(port, [
      call('demo.Greeter/Watch', { full_name: 'all' }),
      // Two come, and then nothing.
      call('demo.Greeter/Watch', {}),
      call('demo.Greeter/Greet', { full_name: 'Ada' }),
    ]);
    const person = (number: number) => `{"fullName":"person ${number}"}`;
    expect(answers.slice(2)).toEqual([
      exchange('demo.Greeter/Watch', 'stopped after 3', [1, 2, 3].map(person)),
      exchange('demo.Greeter/Watch', 'still open', [1, 2].map(person)),
      exchange('demo.Greeter/Greet', 'OK', ['{"fullName":"hello Ada"}']),
    ]);
  });

  test('a stream that the server ends is told with its status', async () => {
    const port = await serve((stream, path, body) => {
      if (path !== '/demo.Greeter/Watch') return answer(stream, path, body);
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 5, 'grpc-message': 'gone' }));
      stream.end(frame(textField(1, 'one')));
    });
    const answers = await run(port, [call('demo.Greeter/Watch', {})]);
    expect(answers[2]).toEqual(exchange('demo.Greeter/Watch', 'NOT_FOUND', ['{"fullName":"one"}', 'gone']));
  });

  test('each call is a part of its own, and methods that no call names are told', async () => {
    const steps = recordSteps();
    await run(await serve(answer), [call('demo.Greeter/Greet', {})], 3000, steps);
    expect(steps.begun).toEqual(['grpc localhost:50051 services', 'grpc localhost:50051 demo.Greeter/Greet']);
    expect(steps.leftOut).toEqual(['grpc localhost:50051 demo.Greeter/Watch: no call names it']);
  });

  test('a call without an answer in time fails by itself, and the next is made', async () => {
    const port = await serve((stream, path, body) => {
      if (path !== '/demo.Greeter/Watch') answer(stream, path, body);
    });
    const calls = [call('demo.Greeter/Watch', {}), call('demo.Greeter/Greet', {})];
    expect((await run(port, calls, 300)).slice(2)).toMatchObject([
      {
        kind: 'failed',
        probe: 'grpc localhost:50051 demo.Greeter/Watch',
        message: 'no answer within 300 ms',
      },
      { outcome: 'INVALID_ARGUMENT' },
    ]);
  });

  test('tells of a server without reflection', async () => {
    const port = await serve((stream) => {
      stream.respond({ ':status': 200, 'grpc-status': 12, 'grpc-message': 'no' }, { endStream: true });
    });
    expect(await run(port)).toEqual([exchange('services', 'UNIMPLEMENTED', ['no'])]);
    expect(await run(port, [call('a.B/C', {})])).toMatchObject([
      { unmet: [expect.stringContaining('need server reflection')] },
      { outcome: 'not called' },
    ]);
  });

  test('fails on a server of another protocol, on one that says nothing, and where nobody listens', async () => {
    const web = await serve((stream) => {
      stream.respond({ ':status': 404 });
      stream.end('nothing here');
    });
    expect(await run(web)).toMatchObject([{ kind: 'failed', message: expect.stringContaining('not gRPC') }]);
    const silent = await serve(() => undefined);
    expect(await run(silent, [], 200)).toMatchObject([
      { kind: 'failed', message: 'no answer within 200 ms' },
    ]);
    expect(await run(1)).toMatchObject([{ kind: 'failed', message: 'connection refused' }]);
  });
});
