import { join } from 'node:path';
import { type Digest, OciError, parseImageConfig, readTar } from '@pare/oci';
import * as v from 'valibot';
import { type Drafts, writeChunks, writeDraft } from './draft-blobs.ts';
import type { HeldImages } from './held-images.ts';
import { documentLimitBytes, type StoreLayout } from './store-layout.ts';
import { type StoredParts, storeWritten, type WrittenImage } from './store-written.ts';
import { makeTemporary } from './temporary.ts';

const manifestSchema = v.pipe(
  v.array(v.object({ Config: v.string(), Layers: v.array(v.string()) })),
  v.length(1),
);

/** What a docker archive holds: documents in memory, everything else as a draft. */
interface Received {
  readonly documents: Map<string, Uint8Array>;
  readonly layers: Map<string, { readonly digest: () => Digest | undefined; readonly file: string }>;
}

/**
 * Takes in the one image of a docker archive with plain layers, while it is made, in one pass: each layer is hashed while it is
 * written, where its blob will be, unless `hashed` gives what whoever made it found. The image gets no tag; when the machine goes down
 * meanwhile it is refused or gone later. Throws OciError `corrupt` for another archive, `digest-mismatch` for a layer that its config does not name.
 */
export async function receiveImage(
  layout: StoreLayout,
  archive: AsyncIterable<Uint8Array>,
  {
    held,
    hashed,
    signal,
  }: {
    readonly held: HeldImages;
    readonly signal: AbortSignal | undefined;
    readonly hashed?: (() => Digest | undefined) | undefined;
  },
): Promise<StoredParts> {
  await using temporary = await makeTemporary(layout.temporary);
  const drafts: Drafts = { temporary, files: new Map() };
  const received = await readArchive(archive, temporary.directory, signal, hashed);
  return await storeWritten(layout, openReceived(received), { drafts, held }, signal);
}

async function readArchive(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  signal: AbortSignal | undefined,
  hashed: (() => Digest | undefined) | undefined,
): Promise<Received> {
  const received: Received = { documents: new Map(), layers: new Map() };
  for await (const { header, content } of readTar(archive)) {
    signal?.throwIfAborted();
    if (header.type !== 'file') continue;
    if (header.name.endsWith('.json')) {
      if (header.sizeBytes > documentLimitBytes)
        throw new OciError('too-large', `${header.name} of the archive is too large for a document`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk));
      received.documents.set(header.name, Buffer.concat(chunks));
    } else {
      // Numbered: a name out of an archive is nothing to write to.
      const file = join(directory, `member-${received.layers.size}`);
      received.layers.set(header.name, { digest: await writeLayer(file, content, hashed), file });
    }
  }
  return received;
}

/** Who hashes what it makes knows the digest when all was read: that is after the last chunk was taken. */
async function writeLayer(
  file: string,
  content: AsyncIterable<Uint8Array>,
  hashed: (() => Digest | undefined) | undefined,
): Promise<() => Digest | undefined> {
  if (hashed === undefined) {
    const digest = await writeDraft(file, content);
    return () => digest;
  }
  await writeChunks(file, content);
  return hashed;
}

function openReceived({ documents, layers }: Received): WrittenImage {
  const { Config: configName, Layers: names } = parseArchiveManifest(documents.get('manifest.json'));
  const rawConfig = documents.get(configName);
  if (rawConfig === undefined) throw new OciError('corrupt', `the archive lacks ${configName}`);
  const { diff_ids: diffIds } = parseImageConfig(rawConfig).rootfs;
  if (diffIds.length !== names.length)
    throw new OciError(
      'corrupt',
      `the archive has ${names.length} layers where its config names ${diffIds.length}`,
    );
  const written = names.map((name, at) => {
    const layer = layers.get(name);
    if (layer === undefined) throw new OciError('corrupt', `the archive lacks ${name}`);
    const digest = layer.digest();
    if (digest === undefined || digest !== diffIds[at])
      throw new OciError('digest-mismatch', `${name} has digest ${digest}, not ${diffIds[at]}`);
    return { digest, file: layer.file };
  });
  return { rawConfig, layers: written };
}

function parseArchiveManifest(bytes: Uint8Array | undefined) {
  try {
    const [image] = v.parse(manifestSchema, JSON.parse(Buffer.from(bytes ?? []).toString('utf8')));
    if (image !== undefined) return image;
  } catch (cause) {
    throw new OciError('corrupt', 'the archive has no manifest.json of one image', { cause });
  }
  throw new OciError('corrupt', 'the archive has no manifest.json of one image');
}
