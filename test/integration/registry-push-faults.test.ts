import type { IncomingMessage } from 'node:http';
import { openRegistry, openRegistryImage, parseRegistryReference, pushImage } from '@pare/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type FaultBench, firstTime, openFaultBench } from './registry/fault-bench.ts';
import type { Fault } from './registry/fault-proxy.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await openFaultBench();
});
beforeEach(() => bench.reset());
afterAll(() => bench?.[Symbol.asyncDispose]());

const pieceBytes = 100_000;
const isUpload = (url: string | undefined) => url?.includes('/blobs/uploads/') === true;
const isManifest = (url: string | undefined) => url?.includes('/manifests/') === true;
const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
});
/** Uploads of bytes that went through. */
const sent = () => bench.proxy.requests.filter((line) => /^(?:PUT|PATCH) .*uploads/.test(line)).length;

/** Makes a fault of the first requests that fit, and says how many there were. */
function failFirst(count: number, fits: (request: IncomingMessage) => boolean, fault: Fault) {
  const made = { faults: 0 };
  bench.proxy.rule = (request) => {
    if (made.faults >= count || !fits(request)) return undefined;
    made.faults += 1;
    return fault;
  };
  return made;
}

describe('pushing through faults that pass', () => {
  const isPatch = ({ method }: IncomingMessage) => method === 'PATCH';
  const isPut = ({ method, url }: IncomingMessage) => method === 'PUT' && isUpload(url);
  const begins = ({ method, url }: IncomingMessage) => method === 'POST' && isUpload(url);
  const reset: Fault = { kind: 'reset-request', afterBytes: 40_000 };

  it.each<[string, number, (request: IncomingMessage) => boolean, Fault, number | undefined]>([
    ['a reset in the middle of pieces', 2, isPatch, reset, pieceBytes],
    ['a reset in the middle of a whole blob', 2, isPut, reset, undefined],
    ['500 to pieces', 2, isPatch, status(500), pieceBytes],
    ['500 to the end of an upload', 2, isPut, status(500), pieceBytes],
    ['500 to a whole blob', 2, isPut, status(500), undefined],
    ['502 to the beginning of an upload', 2, begins, status(502), undefined],
    ['429 to the beginning of an upload', 1, begins, status(429, { 'retry-after': '3' }), undefined],
    ['429 to a piece', 1, isPatch, status(429, { 'retry-after': '3' }), pieceBytes],
    ['a session that is lost', 1, isPatch, status(404), pieceBytes],
    [
      '500 to the manifest',
      2,
      ({ method, url }) => method === 'PUT' && isManifest(url),
      status(500),
      undefined,
    ],
    ['500 to looking for a blob', 2, ({ method }) => method === 'HEAD', status(500), undefined],
  ])('stores the right image after %s', async (what, count, fits, fault, piece) => {
    const name = `test/${what.replaceAll(/\W+/g, '-').toLowerCase()}:1`;
    const made = failFirst(count, fits, fault);
    const digest = await bench.push(name, piece);
    expect(made.faults).toBe(count);
    expect(digest).toMatch(/^sha256:/);
    expect(await bench.holds(name)).toBe(true);
  });

  it('waits as long as the registry says', async () => {
    failFirst(1, begins, status(429, { 'retry-after': '7' }));
    await bench.push('test/waits:1');
    expect(bench.waits).toEqual([7000]);
  });

  it('sends what is there already no second time', async () => {
    const digest = await bench.push('test/twice:1');
    const before = sent();
    expect(await bench.push('test/twice:1')).toBe(digest);
    expect(sent()).toBe(before);
  });
});

describe('mounting what another repository has', () => {
  /** Fetches an image and sends it to another repository of the same registry; gives how many uploads that took. */
  async function copy(to: string, rule: (request: IncomingMessage) => Fault | undefined): Promise<number> {
    using session = openRegistry(bench.proxy.host, { clock: bench.clock });
    const from = parseRegistryReference(`${bench.proxy.host}/test/source:1`);
    await using pulled = await openRegistryImage(session, from, { spoolDirectory: bench.directory });
    bench.proxy.rule = rule;
    const before = sent();
    const target = parseRegistryReference(`${bench.proxy.host}/${to}`);
    const digest = await pushImage(session, target, pulled, { spoolDirectory: bench.directory });
    expect(digest).toBe(pulled.manifestDigest);
    bench.reset();
    expect(await bench.holds(to)).toBe(true);
    return sent() - before;
  }
  beforeAll(() => bench.push('test/source:1'));

  it('sends the config alone', async () => {
    expect(await copy('test/mounted:1', () => undefined)).toBe(1);
  });

  it.each([202, 404, 405])('sends the layers too where it is refused with %s', async (code) => {
    const location = `/v2/test/refused-${code}/blobs/uploads/never`;
    const uploads = await copy(`test/refused-${code}:1`, ({ url }) =>
      url?.includes('mount=') === true ? status(code, { location }) : undefined,
    );
    expect(uploads).toBe(4);
  });
});

describe('pushing to a registry that stays bad', () => {
  it.each<[string, (request: IncomingMessage) => Fault | undefined, string, RegExp]>([
    [
      '500 to every upload',
      ({ method }) => (method === 'PUT' ? status(500) : undefined),
      'registry-failed',
      /500/,
    ],
    [
      'a reset of every upload',
      ({ method }) => (method === 'PUT' ? { kind: 'reset-request', afterBytes: 1000 } : undefined),
      'registry-failed',
      /reset/,
    ],
    [
      'no place to send to',
      ({ method }) =>
        method === 'POST'
          ? { kind: 'answer', answer: (response) => void response.writeHead(202).end() }
          : undefined,
      'registry-failed',
      /where to send/,
    ],
    ['403 to the manifest', ({ url }) => (isManifest(url) ? status(403) : undefined), 'denied', /403/],
    [
      'another digest than was sent',
      ({ method, url }) =>
        method === 'PUT' && isManifest(url)
          ? status(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` })
          : undefined,
      'digest-mismatch',
      /sha256:0000/,
    ],
    [
      'an upload that is sent elsewhere without TLS is no way around it',
      ({ method }) => (method === 'POST' ? status(202, { location: 'ftp://127.0.0.1/x' }) : undefined),
      'registry-failed',
      /where to send/,
    ],
  ])('fails clearly and stores no image: %s', async (what, rule, code, message) => {
    const name = `bad/${what.replaceAll(/\W+/g, '-').toLowerCase()}:1`;
    bench.proxy.rule = rule;
    expect(await errorOf(bench.push(name))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await bench.holds(name)).toBe(false);
  });

  it('stops when a token is refused midway', async () => {
    const isFirst = firstTime();
    bench.proxy.rule = ({ method, url }) =>
      method === 'PUT' && isUpload(url) && !isFirst('one') ? status(401) : undefined;
    expect(await errorOf(bench.push('bad/midway:1'))).toMatchObject({ code: 'denied' });
    expect(await bench.holds('bad/midway:1')).toBe(false);
  });
});
