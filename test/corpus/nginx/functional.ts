import assert from 'node:assert/strict';
import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const basic = (user: string, password: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const large = 'pare'.repeat(500_000);

const enabled = [
  httpCheck('serves its start page', '/', { match: /<title>Start/ }),
  httpCheck('echoes', '/said?word=hello', { text: 'you said hello\nGET' }),
  httpCheck('sets more headers', '/marked', {
    text: 'marked',
    answerHeaders: { 'x-marked': /yes/, server: /^pare$/ },
  }),
  httpCheck('lists a directory fancily', '/list/', { match: /href="empty\/"[\s\S]*word\.txt/ }),
  httpCheck('lists a directory as JSON', '/plain/', { match: /"name":"empty", "type":"directory"/ }),
  httpCheck('substitutes with an expression', '/subs/word.txt', { text: 'summer is here' }),
  httpCheck('stores by DAV', '/dav/a/b.txt', { method: 'PUT', body: 'stored', status: 201 }),
  httpCheck('gives it back', '/dav/a/b.txt', { text: 'stored' }),
  httpCheck('makes a collection', '/dav/c/', { method: 'MKCOL', status: 201 }),
  httpCheck('buffers a large body', '/dav/large', { method: 'PUT', body: large, status: 201 }),
  httpCheck('hands a large body on', '/self/dav/large2', { method: 'PUT', body: large, status: 201 }),
];

const core = [
  httpCheck('asks for a password', '/members/word.txt', { status: 401 }),
  httpCheck('accepts a SHA-512 password', '/members/word.txt', {
    headers: basic('ada', 'secret'),
    text: 'winter is here',
  }),
  httpCheck('refuses a wrong one', '/members/word.txt', { headers: basic('ada', 'x'), status: 401 }),
  httpCheck('compresses', '/style.css', { match: /color/, answerHeaders: { 'content-encoding': /gzip/ } }),
  httpCheck('unpacks for those who cannot', '/packed/packed.txt', {
    headers: { 'accept-encoding': 'identity' },
    match: /^(packed line\n){50}$/,
  }),
  httpCheck('includes on the server side', '/ssi/page.txt', { text: 'b winter is here' }),
  httpCheck('answers for a dead application', '/fcgi', { status: 503, text: 'down' }),
  httpCheck('answers a missing page', '/none', { status: 404, match: /404 Not Found/ }),
  httpCheck('answers a range', '/word.txt', { headers: { range: 'bytes=0-5' }, status: 206, text: 'winter' }),
  httpCheck('knows types', '/list.xml', { answerHeaders: { 'content-type': /xml/ } }),
  httpCheck('tells its status', '/status', { match: /Active connections/ }),
  execCheck('accepts its configuration', ['nginx', '-t'], { stderr: /successful/ }),
  execCheck('reloads', ['nginx', '-s', 'reload']),
];

/** Starts the second configuration, which loads modules that the scenario never names. */
const extra: readonly Check[] = [
  execCheck('starts with modules that only another configuration names', [
    'nginx',
    '-c',
    '/etc/nginx/extra.conf',
    '-g',
    'pid /run/extra.pid;',
  ]),
  ...(
    [
      ['tells the size of a picture', '/size/dot.png', 200, /"width": 16/],
      ['resizes a picture', '/small/dot.png', 200, /PNG/],
      [
        'transforms a document in another character set, with entities',
        '/styled/list.xml',
        200,
        /<li>Käse<\/li>/,
      ],
      ['runs Perl with a module', '/perl', 200, /^[0-9a-f]{8}$/],
      ['asks PAM for a password', '/pam', 401, /401/],
    ] as const
  ).map(
    ([title, path, status, pattern]): Check => ({
      title,
      async run({ hostPort }) {
        const answer = await fetch(`http://127.0.0.1:${hostPort(8082)}${path}`);
        const body = await answer.text();
        assert.equal(answer.status, status, body);
        assert.match(body, pattern);
      },
    }),
  ),
  {
    title: 'tells properties by DAV',
    async run({ hostPort }) {
      const address = `http://127.0.0.1:${hostPort(8082)}/dav/`;
      const answer = await fetch(address, { method: 'PROPFIND', headers: { depth: '1' } });
      assert.match(await answer.text(), /multistatus/);
    },
  },
  {
    title: 'passes a stream on',
    async run({ hostPort }) {
      const answer = await fetch(`http://127.0.0.1:${hostPort(8081)}/health`);
      assert.equal(await answer.text(), 'up');
    },
  },
];

export const functional = defineFullTest({
  name: 'nginx',
  ports: [80, 8081, 8082],
  isReady: answersOk('/health'),
  checks: [...enabled, ...core, ...extra],
});
