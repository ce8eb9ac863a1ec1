import { request } from 'node:https';
import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const ada = { authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` };

const tls: Check = {
  title: 'speaks TLS',
  run: ({ hostPort }) =>
    new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: hostPort(443), path: '/word.txt', rejectUnauthorized: false },
        (answer) => {
          answer.resume();
          answer.on('end', () =>
            answer.statusCode === 200 ? resolve() : reject(new Error(`${answer.statusCode}`)),
          );
        },
      )
        .on('error', reject)
        .end();
    }),
};

export const functional = defineFullTest({
  name: 'lighttpd',
  ports: [80, 443],
  isReady: answersOk('/'),
  checks: [
    httpCheck('serves text', '/word.txt', {
      text: 'winter is here',
      answerHeaders: { 'content-type': /text\/plain/ },
    }),
    httpCheck('knows the type of a PDF', '/a.pdf', { answerHeaders: { 'content-type': /application\/pdf/ } }),
    httpCheck('knows the type of a document', '/a.odt', {
      answerHeaders: { 'content-type': /opendocument\.text/ },
    }),
    httpCheck('compresses', '/style.css', { match: /color/, answerHeaders: { 'content-encoding': /gzip/ } }),
    httpCheck('lists a directory', '/list/', { match: /word\.txt/ }),
    httpCheck('runs a shell script', '/cgi-bin/env?a=b', {
      body: 'one\ntwo\nalso\n',
      match: /^POST a=b\nALSO\nONE\nTWO/,
    }),
    httpCheck('runs a Perl script', '/cgi-bin/perl', { match: /^1970 b/ }),
    httpCheck('stores by DAV', '/dav/a.txt', { method: 'PUT', body: 'stored', status: 201 }),
    httpCheck('gives it back', '/dav/a.txt', { text: 'stored' }),
    httpCheck('tells properties', '/dav/', {
      method: 'PROPFIND',
      headers: { depth: '1' },
      status: 207,
      match: /multistatus/,
    }),
    httpCheck('makes a collection', '/dav/c', { method: 'MKCOL', status: 201 }),
    httpCheck('removes by DAV', '/dav/a.txt', { method: 'DELETE', status: 204 }),
    httpCheck('asks for a password', '/members/a.txt', { status: 401 }),
    httpCheck('accepts a password', '/members/a.txt', { headers: ada, text: 'only members' }),
    httpCheck('redirects', '/old/a', { status: 301, answerHeaders: { location: /\/new\/a$/ } }),
    httpCheck('rewrites', '/new/word.txt', { text: 'winter is here' }),
    httpCheck('hands on to itself', '/self/word.txt', { text: 'winter is here' }),
    httpCheck('tells its status', '/server-status?auto', { match: /Total Accesses/ }),
    httpCheck('sets an age', '/aged.txt', {
      answerHeaders: { 'x-aged': /yes/, 'cache-control': /max-age=3600/ },
    }),
    httpCheck('denies', '/secret.inc', { status: 403 }),
    httpCheck('answers a missing page', '/none', { status: 404 }),
    httpCheck('answers a range', '/word.txt', {
      headers: { range: 'bytes=0-5' },
      status: 206,
      text: 'winter',
    }),
    httpCheck('takes a large body', '/dav/large', {
      method: 'PUT',
      body: 'pare'.repeat(500_000),
      status: 201,
    }),
    tls,
    execCheck('accepts its configuration', ['lighttpd', '-tt', '-f', '/etc/lighttpd/lighttpd.conf']),
    execCheck('loads modules that it does not use', ['lighttpd', '-tt', '-f', '/etc/lighttpd/extra.conf']),
    execCheck('tells its version', ['lighttpd', '-V'], { match: /SSL support|\+ PCRE/i }),
  ],
});
