import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import {
  canonicalJson,
  digestOf,
  digestOfStream,
  type Image,
  openRegistry,
  openRegistryImage,
  parseRegistryReference,
  pushImage,
} from '@pare/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultBench, openFaultBench } from './registry/fault-bench.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await openFaultBench();
});
beforeEach(() => bench.reset());
afterAll(() => bench?.[Symbol.asyncDispose]());

// 2 GiB took 70 s to fetch and 125 s to send on a busy machine.
describe('a large blob', { timeout: process.env.PARE_TEST_BIG_BLOB === '1' ? 900_000 : 120_000 }, () => {
  const sizeBytes = (process.env.PARE_TEST_BIG_BLOB === '1' ? 2048 : 256) * 1024 * 1024;

  it(`of ${sizeBytes / 1024 / 1024} MiB is fetched in bounded memory, through a reset (2 GiB with PARE_TEST_BIG_BLOB=1)`, async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const hash = createHash('sha256');
    for (let sent = 0; sent < sizeBytes; sent += chunk.length) hash.update(chunk);
    const digest = `sha256:${hash.digest('hex')}` as const;
    const config = canonicalJson({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digest] },
    });
    const manifest = canonicalJson({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf(config),
        size: config.length,
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: sizeBytes }],
    });
    const zeros = (response: ServerResponse, from: number, stopAt: number) => {
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': sizeBytes - from,
        'content-range': `bytes ${from}-${sizeBytes - 1}/${sizeBytes}`,
      });
      let at = from;
      const more = (): void => {
        while (at < sizeBytes) {
          if (at >= stopAt) return void response.socket?.resetAndDestroy();
          const piece = chunk.subarray(0, sizeBytes - at);
          at += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    bench.proxy.rule = (request) => {
      const { url = '', headers } = request;
      const send = (bytes: Uint8Array) =>
        ({ kind: 'answer', answer: (to: ServerResponse) => void to.end(bytes) }) as const;
      if (url.includes('/manifests/')) return send(manifest);
      if (url.includes(digestOf(config))) return send(config);
      if (!url.includes(digest)) return undefined;
      const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const stopAt = from === 0 ? sizeBytes / 2 : Number.POSITIVE_INFINITY;
      return { kind: 'answer', answer: (response) => zeros(response, from, stopAt) };
    };
    using session = openRegistry(bench.proxy.host, { clock: bench.clock });
    const before = process.memoryUsage().rss;
    let peak = before;
    let received = 0;
    await using pulled = await openRegistryImage(
      session,
      parseRegistryReference(`${bench.proxy.host}/large/app:1`),
      {
        spoolDirectory: bench.directory,
        onBytes: (bytes) => {
          received += bytes;
          peak = Math.max(peak, process.memoryUsage().rss);
        },
      },
    );
    await pulled.fetchLayers();
    expect(received).toBe(sizeBytes);
    console.log(
      `memory grew by ${Math.round((peak - before) / 1e6)} MB for a blob of ${Math.round(sizeBytes / 1e6)} MB`,
    );
    expect(peak - before).toBeLessThan(150e6);
    let total = 0;
    for await (const piece of pulled.layers[0]?.tar() ?? []) total += piece.length;
    expect(total).toBe(sizeBytes);
  });

  it('is sent in bounded memory, through a reset', async () => {
    // Noise that is made again each time it is read, and is too long to keep.
    const noise = async function* (): AsyncGenerator<Uint8Array> {
      const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
      const zeros = Buffer.alloc(1024 * 1024);
      for (let made = 0; made < sizeBytes; made += zeros.length) yield cipher.update(zeros);
    };
    const hash = createHash('sha256');
    for await (const piece of noise()) hash.update(piece);
    const digest = `sha256:${hash.digest('hex')}` as const;
    const [layer] = bench.image.layers;
    if (layer === undefined) throw new Error('no layer');
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
    const blob = async () => ({ mediaType, digest, sizeBytes, read: noise });
    const image: Image = { ...bench.image, layers: [{ ...layer, blob }] };
    let resets = 0;
    bench.proxy.rule = ({ method }) =>
      method === 'PATCH' && resets++ === 0 ? { kind: 'reset-request', afterBytes: 10_000_000 } : undefined;
    using session = openRegistry(bench.proxy.host, { clock: bench.clock });
    const before = process.memoryUsage().rss;
    let peak = before;
    await pushImage(session, parseRegistryReference(`${bench.proxy.host}/large/sent:1`), image, {
      spoolDirectory: bench.directory,
      onBytes: () => {
        peak = Math.max(peak, process.memoryUsage().rss);
      },
    });
    expect(resets).toBeGreaterThan(1);
    console.log(
      `memory grew by ${Math.round((peak - before) / 1e6)} MB for sending ${Math.round(sizeBytes / 1e6)} MB`,
    );
    expect(peak - before).toBeLessThan(150e6);
    const path = join(
      bench.registry.data,
      'docker/registry/v2/blobs/sha256',
      digest.slice(7, 9),
      digest.slice(7),
      'data',
    );
    expect((await digestOfStream(createReadStream(path))).digest).toBe(digest);
  });
});
