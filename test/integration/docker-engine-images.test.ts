import { hostname } from 'node:os';
import {
  type Digest,
  digestOfStream,
  type Image,
  type LayerEntry,
  makeImage,
  type RunConfig,
  writeDockerArchive,
} from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEndpoint } from '../../packages/pare/src/engine/docker/choose-endpoint.ts';
import { ApiClient } from '../../packages/pare/src/engine/docker/client.ts';
import { openConnection } from '../../packages/pare/src/engine/docker/connection.ts';
import { shakeHands } from '../../packages/pare/src/engine/docker/handshake.ts';
import { openImage } from '../../packages/pare/src/engine/docker/image-store.ts';
import {
  buildTestImage,
  docker,
  type RealEngine,
  realEngine,
  type TestImage,
} from '../../packages/testkit/src/index.ts';

let real: RealEngine;
let image: TestImage;
beforeAll(async () => {
  real = await realEngine();
  image = await buildTestImage(`FROM BASE
RUN mkdir -p /a/kept /a/emptied /b && echo one >/a/kept/one && echo two >/a/emptied/two && echo gone >/b/gone \\
 && ln /a/kept/one /a/kept/peer && ln -s one /a/kept/link && chmod 4711 /a/kept/one && mkfifo /a/fifo \\
 && chown 12:34 /a/kept && touch -d '2001-02-03 04:05:06.789' /a/kept/one
RUN rm /b/gone && rm -r /a/emptied && mkdir /a/emptied && echo new >/a/emptied/new && echo more >>/a/kept/one
ENV NAME=value
CMD ["true"]
`);
});
afterAll(async () => {
  await image?.[Symbol.asyncDispose]();
  await real?.[Symbol.asyncDispose]();
});

/** Opens the image as if the engine's files could not be read. */
async function openStreamed(reference: string): Promise<Image> {
  const endpoint = await chooseEndpoint({}, process.env);
  const connection = openConnection(endpoint);
  const { client, store } = await shakeHands(new ApiClient(connection), endpoint, {
    signal: undefined,
    deadlineMs: 10_000,
  });
  return openImage(
    client,
    { ...store, local: false },
    reference,
    { temporaryDirectory: real.directory, cacheDirectory: real.directory },
    undefined,
  );
}

async function entriesOf(opened: Image): Promise<readonly LayerEntry[][]> {
  const layers: LayerEntry[][] = [];
  for (const layer of opened.layers) {
    const entries: LayerEntry[] = [];
    for await (const entry of layer.entries()) entries.push(withoutPlace(entry));
    layers.push(entries);
  }
  return layers;
}

/** Where the content is differs between the two ways. */
function withoutPlace(entry: LayerEntry): LayerEntry {
  const { content: _, ...rest } = entry as LayerEntry & { readonly content?: unknown };
  return rest as LayerEntry;
}

async function tarDigests(opened: Image): Promise<readonly Digest[]> {
  const digests: Digest[] = [];
  for (const layer of opened.layers) digests.push((await digestOfStream(layer.tar())).digest);
  return digests;
}

describe('opening an image', () => {
  it('reads overlay2 in place as root on the same machine, and says so', async () => {
    const { info } = real.engine;
    const inPlace = info.name === hostname() && process.getuid?.() === 0;
    const facts = await real.engine.inspectImage(image.reference);
    expect(facts.tags).toEqual([image.reference]);
    expect(facts.architecture).toBe(info.architecture);
    expect(facts.reading?.kind).toBe(inPlace ? 'in-place' : 'stream');
  });

  it('gives the same image in place and streamed, byte by byte', async () => {
    await using fast = await real.engine.openImage(image.reference);
    await using streamed = await openStreamed(image.reference);
    expect(streamed.reference).toBe(fast.reference);
    expect(streamed.configDigest).toBe(fast.configDigest);
    expect(streamed.config).toEqual(fast.config);
    expect(Buffer.compare(streamed.rawConfig, fast.rawConfig)).toBe(0);
    expect(fast.layers.length).toBeGreaterThanOrEqual(3);
    expect(await entriesOf(streamed)).toEqual(await entriesOf(fast));
    expect(await tarDigests(fast)).toEqual(fast.config.rootfs.diff_ids);
    expect(await tarDigests(streamed)).toEqual(fast.config.rootfs.diff_ids);
  });

  it('names an image that is not there', async () => {
    for (const reference of ['pare-test/none', 'pare-test/none:tag', '0'.repeat(64), 'Bad Name', '../x']) {
      await expect(real.engine.openImage(reference)).rejects.toMatchObject({ code: 'image-not-found' });
    }
  });

  it('stops when it is aborted', async () => {
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    await expect(real.engine.openImage(image.reference, aborted)).rejects.toBe(reason);
  });
});

describe('storing an image', () => {
  /** The test's image with one more variable: another image of the same layers. */
  function variant(fat: Image, value: string): Image {
    const config: RunConfig = { ...fat.config.config, Env: [`VARIANT=${value}`] };
    return makeImage({ reference: 'variant', config: { ...fat.config, config }, layers: fat.layers });
  }

  it('gives back its ID, lets it be tagged, and removes it only while it has no tag', async () => {
    await using fat = await real.engine.openImage(image.reference);
    const made = variant(fat, real.runId);
    const id = await real.engine.storeImage(writeDockerArchive(made, []));
    expect(id).toBe(made.configDigest);
    // Again is no error.
    expect(await real.engine.storeImage(writeDockerArchive(made, []))).toBe(id);
    const tag = `${image.reference.split(':')[0]}.variant:1`;
    await real.engine.tagImage(id, tag);
    await real.engine.removeUntaggedImage(id);
    expect((await real.engine.inspectImage(tag)).id).toBe(id);
    await docker(['tag', tag, `${tag}0`]);
    await docker(['image', 'rm', `${tag}0`, tag]);
    expect(await real.engine.hasImage(id)).toBe(false);
    await real.engine.removeUntaggedImage(id);
  });

  it('removes what has no tag', async () => {
    await using fat = await real.engine.openImage(image.reference);
    const id = await real.engine.storeImage(writeDockerArchive(variant(fat, `${real.runId}.untagged`), []));
    expect((await real.engine.inspectImage(id)).tags).toEqual([]);
    await real.engine.removeUntaggedImage(id);
    expect(await real.engine.hasImage(id)).toBe(false);
    expect(await real.engine.hasImage((await real.engine.inspectImage(image.reference)).id)).toBe(true);
  });

  it('stores nothing of an image whose layer is not what it says', async () => {
    await using fat = await real.engine.openImage(image.reference);
    const made = variant(fat, `${real.runId}.broken`);
    const broken: Image = {
      ...made,
      layers: made.layers.map((layer, index) =>
        index === 0
          ? { ...layer, tar: () => flipped(layer.tar()), tarBytes: async () => tarBytesOf(layer) }
          : layer,
      ),
      [Symbol.asyncDispose]: async () => {},
    };
    // The layer that is there already would not be looked at: its name must be new to the engine.
    const unknown = { ...broken, layers: broken.layers.slice(0, 1) };
    await expect(real.engine.storeImage(writeDockerArchive(unknown, []))).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect(await real.engine.hasImage(made.configDigest)).toBe(false);
  });

  it('stops when it is aborted midway, and stores nothing', async () => {
    await using fat = await real.engine.openImage(image.reference);
    const made = variant(fat, `${real.runId}.aborted`);
    const controller = new AbortController();
    const reason = new Error('enough');
    const slow: Image = {
      ...made,
      layers: made.layers.map((layer) => ({
        ...layer,
        tarBytes: () => tarBytesOf(layer),
        async *tar() {
          for await (const chunk of layer.tar()) {
            yield chunk;
            controller.abort(reason);
          }
        },
      })),
      [Symbol.asyncDispose]: async () => {},
    };
    await expect(
      real.engine.storeImage(writeDockerArchive(slow, [], controller.signal), controller.signal),
    ).rejects.toBe(reason);
    expect(await real.engine.hasImage(made.configDigest)).toBe(false);
  });

  async function* flipped(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of tar) yield chunk.map((byte) => byte ^ 1);
  }

  async function tarBytesOf(layer: Image['layers'][number]): Promise<number> {
    return layer.tarBytes === undefined ? (await digestOfStream(layer.tar())).sizeBytes : layer.tarBytes();
  }
});
