import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect } from 'node:http2';
import { request } from 'node:https';
import {
  answersOk,
  type Check,
  defineFullTest,
  execCheck,
  httpCheck,
  type SampleTarget,
} from '../full-test.ts';

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const megabytes = 'pare'.repeat(500_000);

/** One request with a Host header, which fetch does not let one set. */
function askHost(
  target: SampleTarget,
  host: string,
  path: string,
): Promise<{ body: string; site: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(`${target.baseUrl}${path}`, { headers: { host } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ body: Buffer.concat(chunks).toString(), site: String(answer.headers['x-site']) }),
      );
    }).on('error', reject);
  });
}

function askTls(target: SampleTarget, path: string, version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: target.hostPort(443),
      path,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    };
    request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(Buffer.concat(chunks).toString().trim()));
    })
      .on('error', reject)
      .end();
  });
}

function askHttp2(target: SampleTarget, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${target.hostPort(443)}`, { rejectUnauthorized: false });
    session.on('error', reject);
    const stream = session.request({ ':path': path });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      session.close();
      resolve(Buffer.concat(chunks).toString().trim());
    });
    stream.on('error', reject);
  });
}

const sites: readonly Check[] = [
  {
    title: 'serves another site by its host name',
    run: async (target) =>
      assert.deepEqual(await askHost(target, 'notes.example', '/'), {
        body: '<p>In winter the notes are short; winter is long.</p>\n',
        site: 'notes',
      }),
  },
  {
    title: 'serves another site by a wildcard host name',
    run: async (target) => assert.equal((await askHost(target, 'a.notes.example', '/')).site, 'notes'),
  },
  {
    title: 'speaks TLS 1.2',
    run: async (target) => assert.equal(await askTls(target, '/protocol', 'TLSv1.2'), 'TLSv1.2 HTTP/1.1'),
  },
  {
    title: 'speaks TLS 1.3',
    run: async (target) => assert.equal(await askTls(target, '/protocol', 'TLSv1.3'), 'TLSv1.3 HTTP/1.1'),
  },
  {
    title: 'speaks HTTP/2',
    run: async (target) => assert.equal(await askHttp2(target, '/protocol'), 'TLSv1.3 HTTP/2.0'),
  },
];

const files = [
  httpCheck('serves its start page', '/', { match: /<title>Welcome/ }),
  httpCheck('keeps the modification time of a file', '/dated.html', {
    answerHeaders: { 'last-modified': /^Tue, 02 Jan 2024 03:04:05 GMT$/, etag: /^"65937d25-d"$/ },
  }),
  httpCheck('answers a conditional request', '/dated.html', {
    headers: { 'if-modified-since': 'Tue, 02 Jan 2024 03:04:05 GMT' },
    status: 304,
  }),
  httpCheck('answers a range', '/large.bin', { headers: { range: 'bytes=0-3' }, status: 206, text: 'xxxx' }),
  httpCheck('refuses a range outside', '/large.bin', { headers: { range: 'bytes=9000000-' }, status: 416 }),
  httpCheck('serves a large file', '/large.bin', {
    match: /^x{3000000}$/,
    answerHeaders: { 'content-type': /octet-stream/ },
  }),
  httpCheck('knows the type of a module', '/module.wasm', {
    answerHeaders: { 'content-type': /application\/wasm/ },
  }),
  httpCheck('knows the type of JSON', '/listing/a.json', {
    json: { a: 1 },
    answerHeaders: { 'content-type': /application\/json/ },
  }),
  httpCheck('compresses a style sheet', '/style.css', {
    match: /color/,
    answerHeaders: { 'content-encoding': /gzip/ },
  }),
  httpCheck('serves a file that was packed before', '/packed/packed.txt', {
    match: /^(packed line\n){100}$/,
    answerHeaders: { 'content-encoding': /gzip/ },
  }),
  httpCheck('lists a directory with an empty one in it', '/listing/', {
    match: /href="empty\/"[\s\S]*href="b\.txt"/,
  }),
  httpCheck('lists a directory as JSON', '/listing-json/', { match: /"name":"empty", "type":"directory"/ }),
  httpCheck('lists an empty directory', '/listing/empty/', { match: /Index of \/listing\/empty/ }),
  httpCheck('redirects to a directory', '/listing', {
    status: 301,
    answerHeaders: { location: /\/listing\/$/ },
  }),
  httpCheck('refuses a file that its workers cannot read', '/private.html', { status: 403 }),
  httpCheck('refuses a denied name', '/key.secret', { status: 403 }),
  httpCheck('answers a missing page with its own', '/none', { status: 404, match: /No such page here/ }),
  httpCheck('does not serve an internal page', '/errors/404.html', { status: 404 }),
  httpCheck('refuses a method', '/', { method: 'DELETE', status: 405 }),
];

const rules = [
  httpCheck('redirects an old address', '/old/dated.html', {
    status: 301,
    answerHeaders: { location: /\/new\/dated\.html$/ },
  }),
  httpCheck('rewrites a new address', '/new/dated.html', { match: /dated/ }),
  httpCheck('maps a language', '/language', { headers: { 'accept-language': 'de-AT' }, text: 'de' }),
  httpCheck('maps to the default', '/language', { headers: { 'accept-language': 'nl' }, text: 'en' }),
  httpCheck('knows where a request comes from', '/origin', { match: /^(bridge|here|elsewhere)$/m }),
  httpCheck('splits its clients', '/half', { match: /^(one|two)$/m }),
  httpCheck('asks for a password', '/members/', {
    status: 401,
    answerHeaders: { 'www-authenticate': /members/ },
  }),
  httpCheck('accepts a SHA-512 password', '/members/', { headers: basic('ada', 'secret'), match: /winter/ }),
  httpCheck('accepts an MD5 password', '/members/', { headers: basic('bob', 'other'), match: /winter/ }),
  httpCheck('refuses a wrong password', '/members/', { headers: basic('ada', 'wrong'), status: 401 }),
  httpCheck('replaces words', '/replaced/', {
    text: '<p>In summer the notes are short; summer is long.</p>',
  }),
  httpCheck('includes on the server side', '/included/page.html', {
    match: /start <p>In winter .*<\/p>\n GET/,
  }),
  httpCheck('recodes KOI8-R', '/russian/yes.html', {
    text: '<p>да</p>',
    answerHeaders: { 'content-type': /utf-8/ },
  }),
  httpCheck('limits the first request not', '/limited/', { match: /winter/ }),
  httpCheck('limits the second request', '/limited/', { status: 429 }),
  httpCheck('tells its status', '/status', { match: /Active connections/ }),
];

const bodies = [
  httpCheck('stores an upload of 2 MB by way of its temporary directory', '/uploads/a/b.txt', {
    method: 'PUT',
    body: megabytes,
    status: 201,
  }),
  httpCheck('serves the upload', '/uploads/a/b.txt', { match: /^(pare){500000}$/ }),
  httpCheck('removes the upload', '/uploads/a/b.txt', { method: 'DELETE', status: 204 }),
  httpCheck('hands an upload on to itself', '/mirrored/uploads/c.txt', {
    method: 'PUT',
    body: megabytes,
    status: 201,
  }),
  httpCheck('refuses a body that is too large', '/uploads/d', {
    method: 'PUT',
    body: 'x'.repeat(9_000_000),
    status: 413,
  }),
  httpCheck('hands a request on to itself', '/mirrored/large.bin', { match: /^x{3000000}$/ }),
  httpCheck('fills its cache', '/cached/dated.html', {
    match: /dated/,
    answerHeaders: { 'x-cache': /MISS/ },
  }),
  httpCheck('answers from its cache', '/cached/dated.html', {
    match: /dated/,
    answerHeaders: { 'x-cache': /HIT/ },
  }),
  httpCheck('asks itself over verified TLS', '/sealed/protocol', { match: /^TLSv1\.[23] HTTP\/1\.[01]/ }),
  httpCheck('answers for a dead server with its own page', '/broken/', {
    status: 502,
    match: /Something broke/,
  }),
];

const programs: readonly Check[] = [
  execCheck('accepts its configuration', ['nginx', '-t'], { stderr: /test is successful/ }),
  execCheck('reloads', ['nginx', '-s', 'reload']),
  httpCheck('serves after the reload', '/health', { text: 'up' }),
];

export const fullTest = defineFullTest({
  name: 'nginx',
  ports: [80, 443],
  isReady: answersOk('/health'),
  checks: [...sites, ...files, ...rules, ...bodies, ...programs],
});
