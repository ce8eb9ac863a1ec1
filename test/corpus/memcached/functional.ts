import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { type Check, defineFullTest, execCheck, type SampleTarget } from '../../../samples/full-test.ts';

/** Sends a text, and `quit`, and gives all that comes back. */
function say(target: SampleTarget, port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(target.hostPort(port), '127.0.0.1', () => socket.end(`${text}quit\r\n`));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** Tries until it holds: another server of the container may not listen yet. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  const end = Date.now() + 10_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(50);
    }
  }
}

/*
 * TLS is asked for from outside: `openssl s_client` in the container, which only the Dockerfile runs, cannot be expected of
 * a slim image.
 */
const dialogue = (title: string, text: string, expected: RegExp, port = 11211): Check => ({
  title,
  run: async (target) => assert.match(await say(target, port, text.replaceAll('\n', '\r\n')), expected),
});

/** Runs another server of the same image to its end. */
const once = (title: string, argv: readonly string[], stderr: RegExp): Check => ({
  title,
  async run(target) {
    const result = await target.runOnce(argv);
    assert.match(`${result.stdout}${result.stderr}`, stderr);
  },
});

export const functional = defineFullTest({
  name: 'memcached',
  ports: [11211, 11212, 11213],
  isReady: async (target) => /VERSION/.test(await say(target, 11211, 'version\r\n')),
  checks: [
    dialogue('stores', 'set a 0 0 5\nhello\n', /^STORED/),
    dialogue('gives back', 'get a\n', /^VALUE a 0 5\r\nhello/),
    dialogue('appends', 'append a 0 0 1\n!\nget a\n', /hello!/),
    dialogue('counts', 'set n 0 0 1\n1\nincr n 41\n', /42/),
    dialogue('compares and swaps', 'gets a\n', /VALUE a 0 6 \d+/),
    dialogue('speaks the meta protocol', 'ms m 2\nok\nmg m v t\n', /HD\r\nVA 2 t-1\r\nok/),
    dialogue('touches', 'touch a 100\n', /TOUCHED/),
    dialogue('deletes', 'delete a\nget a\n', /DELETED\r\nEND/),
    dialogue('tells statistics', 'stats\n', /STAT curr_items/),
    dialogue('tells settings', 'stats settings\n', /STAT maxbytes 33554432/),
    dialogue('tells slabs', 'stats slabs\n', /STAT active_slabs/),
    dialogue('watches its LRU', 'lru mode flat\nlru mode segmented\n', /OK/),
    dialogue('flushes', 'flush_all\n', /OK/),
    dialogue(
      'refuses a large value',
      `set b 0 0 2000000\n${'x'.repeat(2_000_000)}\n`,
      /SERVER_ERROR object too large/,
    ),
    execCheck('starts a second one with SASL', [
      'memcached',
      '-d',
      '-S',
      '-p',
      '11212',
      '-P',
      '/tmp/second.pid',
    ]),
    {
      title: 'which refuses what is not its binary protocol',
      async run(target) {
        for (const end = Date.now() + 10_000; Date.now() < end; ) {
          const answer = await say(target, 11212, 'get a\r\n').catch(() => 'not up yet');
          if (/^$|ERROR/.test(answer)) return;
        }
        assert.fail('it does not listen');
      },
    },
    {
      title: 'lets a known user in',
      run: (target) =>
        eventually(async () => {
          // memcached's binary protocol: magic 0x80, opcode 0x21 (SASL auth), key PLAIN.
          const key = Buffer.from('PLAIN');
          const value = Buffer.from('\0ada@cache\0secret');
          const header = Buffer.alloc(24);
          header.writeUInt8(0x80, 0);
          header.writeUInt8(0x21, 1);
          header.writeUInt16BE(key.length, 2);
          header.writeUInt32BE(key.length + value.length, 8);
          const answer = await new Promise<Buffer>((resolve, reject) => {
            const socket = connect(target.hostPort(11212), '127.0.0.1', () =>
              socket.write(Buffer.concat([header, key, value])),
            );
            socket.once('data', (chunk: Buffer) => {
              resolve(chunk);
              socket.destroy();
            });
            socket.once('close', () => reject(new Error('closed')));
            socket.once('error', reject);
          });
          assert.equal(answer.readUInt8(0), 0x81);
          assert.equal(answer.readUInt16BE(6), 0, answer.subarray(24).toString());
        }),
    },
    once('tells its version', ['memcached', '-V'], /memcached 1\.6/),
    once('tells its options', ['memcached', '-h'], /--enable-ssl|sasl/i),
    once(
      'refuses an unknown user',
      ['memcached', '-u', 'nobody2', '-l', '127.0.0.1', '-x'],
      /invalid option|can't find/i,
    ),
    execCheck('speaks TLS in a third one', [
      'memcached',
      '-d',
      '-p',
      '11213',
      '-Z',
      '-o',
      'ssl_chain_cert=/etc/memcached.crt,ssl_key=/etc/memcached.key',
    ]),
    {
      title: 'which has its certificate',
      run: ({ hostPort }) =>
        eventually(
          () =>
            new Promise<void>((resolve, reject) => {
              const socket = connectTls(
                { port: hostPort(11213), host: '127.0.0.1', rejectUnauthorized: false },
                () => {
                  const { subject } = socket.getPeerCertificate();
                  socket.destroy();
                  if (subject.CN === 'localhost') resolve();
                  else reject(new Error(String(subject.CN)));
                },
              );
              socket.on('error', reject);
            }),
        ),
    },
  ],
});
