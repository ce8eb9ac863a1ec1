import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { answerTitle } from '../../../model/answer-title.ts';
import { askAgain } from '../../session/ask-again.ts';
import type { HttpPort } from '../http/http-port.ts';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { crawlProbe } from './index.ts';

let server: Server | undefined;
const { signal } = new AbortController();

afterEach(() => server?.close());

async function open(listener: RequestListener): Promise<HttpPort> {
  const opened = createServer(listener);
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  const address = opened.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { target: { scheme: 'http', port: 80, address: { host: '127.0.0.1', port } }, fetched: new Map() };
}

async function crawl(port: HttpPort, overrides: Partial<ProbeOf<'crawl'>> = {}, steps = recordSteps()) {
  if (crawlProbe.needs !== 'http-port') throw new Error('not a probe of a port');
  const probe = { kind: 'crawl', path: '/', maxDepth: 10, maxPages: 50, ...overrides } as const;
  return crawlProbe.run(probe, { port, steps, timeoutMs: 5000, signal });
}

/** A site without end: each page leads to two more. */
const endless: RequestListener = (request, response) => {
  response.setHeader('content-type', 'text/html');
  const at = request.url === '/' ? '' : request.url;
  response.end(`<a href="${at}/l"></a><a href="${at}/r"></a><a href="/"></a>`);
};

test('stops at the number of pages, breadth first', async () => {
  const answers = await crawl(await open(endless), { maxPages: 5 });
  expect(answers.map(answerTitle)).toEqual(
    ['/', '/l', '/r', '/l/l', '/l/r'].map((path) => `GET http://localhost${path}`),
  );
});

test('stops at the depth', async () => {
  expect(await crawl(await open(endless), { maxDepth: 1 })).toHaveLength(3);
  expect(await crawl(await open(endless), { maxDepth: 0 })).toHaveLength(1);
});

test('gives the same order however long each page takes', async () => {
  let asked = 0;
  const port = await open((request, response) => {
    asked += 1;
    setTimeout(() => endless(request, response), (asked * 7) % 20);
  });
  const slow = (await crawl(port, { maxPages: 12 })).map(answerTitle);
  expect(slow).toEqual((await crawl(await open(endless), { maxPages: 12 })).map(answerTitle));
});

test('where it is counted what each page finds, pages follow one another, each a part of its own', async () => {
  let running = 0;
  let most = 0;
  const port = await open((request, response) => {
    running += 1;
    most = Math.max(most, running);
    setImmediate(() => {
      running -= 1;
      endless(request, response);
    });
  });
  const steps = recordSteps({ counted: true });
  const answers = await crawl(port, { maxPages: 6 }, steps);
  expect(most).toBe(1);
  expect(steps.begun).toEqual(answers.map(answerTitle));
});

test('pages that are asked for together are one part', async () => {
  const steps = recordSteps();
  await crawl(await open(endless), { maxPages: 7 }, steps);
  expect(steps.begun).toEqual([
    'GET http://localhost/',
    'GET http://localhost/l and 1 more',
    'GET http://localhost/l/l and 3 more',
  ]);
});

test('tells how many pages it knows of and did not ask for', async () => {
  const steps = recordSteps();
  await crawl(await open(endless), { maxPages: 5 }, steps);
  // /l/l, /l/r, /r/l and /r/r were named by /l and /r: two of them were not taken; /l/l and /l/r name two each.
  expect(steps.leftOut).toEqual(['6 further pages of http://localhost/: the crawl stops at 5 pages']);
  const whole = recordSteps();
  await crawl(await open((_, response) => void response.end('no links')), {}, whole);
  expect(whole.leftOut).toEqual([]);
});

test('follows redirects within the origin and records what fails', async () => {
  const port = await open((request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/home' }).end();
    else if (request.url === '/home')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<a href=/cut>');
    else request.socket.destroy();
  });
  expect(await crawl(port)).toMatchObject([
    { status: 302 },
    { status: 200 },
    { kind: 'failed', probe: 'GET http://localhost/cut' },
  ]);
});

test('asks nothing twice that was asked before', async () => {
  const asked: string[] = [];
  const port = await open((request, response) => {
    asked.push(request.url ?? '');
    endless(request, response);
  });
  await crawl(port, { maxPages: 3 });
  expect(await crawl(port, { maxPages: 3 })).toEqual([]);
  expect(asked.sort()).toEqual(['/', '/l', '/r']);
});

test('a second asking marks status, headers and body that differ, and nothing else', async () => {
  let count = 0;
  const port = await open((request, response) => {
    count += 1;
    response.setHeader('content-type', 'text/html');
    response.setHeader('x-request-id', `${count}`);
    if (request.url === '/same') response.removeHeader('x-request-id');
    if (request.url === '/flaky') response.statusCode = count > 3 ? 500 : 200;
    response.end(request.url === '/' ? '<a href="/same"></a><a href="/flaky"></a>' : 'same');
  });
  const answers = await crawl(port);
  const again = await askAgain(answers, [port], { timeoutMs: 5000, signal });
  expect(again).toMatchObject([{ varies: ['headers'] }, {}, { varies: ['status', 'headers'] }]);
  expect(again[1]).not.toHaveProperty('varies');
  expect(again.map(answerTitle)).toEqual(answers.map(answerTitle));
});
