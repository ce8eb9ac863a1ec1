import assert from 'node:assert/strict';
import type { Check } from '../../samples/full-test.ts';

/** Sends a multipart form with `file` and other fields, and demands of the body that it matches. */
export function uploadCheck(
  path: string,
  file: File,
  fields: Readonly<Record<string, string>>,
  match: RegExp,
): Check {
  return {
    title: 'takes a multipart upload',
    async run({ baseUrl }) {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      body.set('file', file);
      const answer = await (await fetch(`${baseUrl}${path}`, { method: 'POST', body })).text();
      assert.match(answer, match);
    },
  };
}

/** Sends `hello` over a WebSocket and demands of the answer that it matches. */
export function echoCheck(path: string, match: RegExp): Check {
  return {
    title: 'answers over a WebSocket',
    async run({ baseUrl }) {
      const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}${path}`);
      try {
        const answer = await new Promise<string>((resolve, reject) => {
          socket.addEventListener('open', () => socket.send('hello'));
          socket.addEventListener('message', ({ data }) => resolve(String(data)));
          socket.addEventListener('error', () => reject(new Error('the connection failed')));
          socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code}`)));
        });
        assert.match(answer, match);
      } finally {
        socket.close();
      }
    },
  };
}

/** Asks twice with the cookie of the first answer, and demands of the second body that it matches. */
export function sessionCheck(path: string, match: RegExp): Check {
  return {
    title: 'remembers a session',
    async run({ baseUrl }) {
      const first = await fetch(`${baseUrl}${path}`);
      const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
      const second = await (await fetch(`${baseUrl}${path}`, { headers: { cookie } })).text();
      assert.match(second, match);
    },
  };
}
