import assert from 'node:assert/strict';
import { request } from 'node:https';
import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const basic = (user: string, password: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const socket = ['socat', 'stdio', '/run/haproxy-admin.sock'];
/** Asks by the administrator's socket, with the tool that the scenario keeps. */
const ask = (title: string, input: string, match: RegExp): Check =>
  execCheck(title, socket, { input: `${input}\n`, match });

const tls: Check = {
  title: 'speaks TLS',
  run: ({ hostPort }) =>
    new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: hostPort(443), path: '/tls', rejectUnauthorized: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            if (/TLSv1\.3/.test(Buffer.concat(chunks).toString())) resolve();
            else reject(new Error(Buffer.concat(chunks).toString()));
          });
        },
      )
        .on('error', reject)
        .end();
    }),
};

const statistics: Check = {
  title: 'shows statistics and metrics',
  async run({ hostPort }) {
    const page = await (await fetch(`http://127.0.0.1:${hostPort(8404)}/`)).text();
    assert.match(page, /Statistics Report for HAProxy/);
    const metrics = await (await fetch(`http://127.0.0.1:${hostPort(8404)}/metrics`)).text();
    assert.match(metrics, /haproxy_process_build_info|haproxy_process_/);
  },
};

const requests = [
  httpCheck('hands on', '/a', { match: /^inner \/a/ }),
  httpCheck('sets a cookie for a server', '/a', { answerHeaders: { 'set-cookie': /SRV=[ab]/ } }),
  httpCheck('compresses', '/a', {
    answerHeaders: { 'content-encoding': /gzip/ },
    headers: { 'accept-encoding': 'gzip' },
  }),
  httpCheck('looks a name up in a map', '/map', { text: 'unknown' }),
  httpCheck('hashes', '/hash', { match: /^[0-9a-f]{64} cGFyZQ== \d+$/ }),
  httpCheck('reads JSON and parameters', '/parse?q=a%20b', {
    headers: { 'x-json': '{"a":{"b":7}}' },
    text: '7 a b',
  }),
  httpCheck('converts with Lua', '/converted', { text: 'pare erap' }),
  httpCheck('answers from Lua', '/words/a', { text: 'GET 8 1970' }),
  httpCheck('asks for a password', '/members', { status: 401 }),
  httpCheck('accepts a SHA-512 password', '/members', { headers: basic('ada', 'secret'), match: /^inner/ }),
  httpCheck('accepts a plain password', '/members', { headers: basic('bob', 'other'), match: /^inner/ }),
  httpCheck('refuses a wrong password', '/members', { headers: basic('ada', 'x'), status: 401 }),
  httpCheck('redirects by an expression', '/old/a', {
    status: 301,
    answerHeaders: { location: /^\/new\/a$/ },
  }),
  httpCheck('refuses', '/busy?n=1', { status: 429 }),
  httpCheck('answers for a dead server with its own page', '/dead', {
    status: 503,
    match: /503 Service Unavailable/,
  }),
  httpCheck('fills its cache', '/kept', { match: /^inner/ }),
];

const upkeep = [
  ask('tells about itself', 'show info', /Version: 2\.6[\s\S]*Maxconn: 200/),
  ask('shows its servers', 'show servers state', /inner[\s\S]*127\.0\.0\.1/),
  ask('takes a server out', 'disable server inner/a; show stat', /inner,a,.*MAINT/),
  httpCheck('serves with the other', '/a', { match: /^inner/ }),
  ask(
    'changes a map',
    'add map /etc/haproxy/hosts.map example.com third; show map /etc/haproxy/hosts.map',
    /example\.com third/,
  ),
  ask('shows its tables', 'show table main', /table: main/),
  ask('shows its certificates', 'show ssl cert /etc/haproxy/site.pem', /Subject: .*localhost/),
  execCheck('checks its configuration', ['haproxy', '-c', '-f', '/etc/haproxy/haproxy.cfg'], {
    match: /Configuration file is valid/,
  }),
  execCheck('tells how it was built', ['haproxy', '-vv'], { match: /Built with Lua version/ }),
];

export const functional = defineFullTest({
  name: 'haproxy',
  ports: [80, 443, 8404],
  isReady: answersOk('/health'),
  checks: [...requests, tls, statistics, ...upkeep],
});
