import { createHash } from 'node:crypto';
import { digestOf } from '../formats/digest.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import { layerEntryOf } from '../formats/tar/layer-entry.ts';
import { readTar } from '../formats/tar/tar-reader.ts';
import type { Image, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';

/**
 * Checks that an image is what it says: its config is valid and has its digest, the config names its layers, the
 * history fits them, and each layer's tar has its diffID and length and can be read to the end. Reads every layer whole.
 * Returns one sentence for each violation, none for a good image; throws only what is no fault of the image (an aborted
 * signal, a file that cannot be read).
 */
export async function validateImage(image: Image, signal?: AbortSignal): Promise<readonly string[]> {
  const problems = configProblems(image);
  for (const layer of image.layers) problems.push(...(await layerProblems(layer, signal)));
  return problems;
}

function configProblems(image: Image): string[] {
  const problems: string[] = [];
  const digest = digestOf(image.rawConfig);
  if (digest !== image.configDigest)
    problems.push(`the config has digest ${digest}, not ${image.configDigest}`);
  try {
    const config = parseImageConfig(image.rawConfig);
    if (!equalJson(config, image.config)) problems.push('the parsed config differs from the stored one');
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    problems.push(error.message);
  }
  const { diff_ids: named } = image.config.rootfs;
  if (named.length !== image.layers.length) {
    problems.push(`the config names ${named.length} layers, the image has ${image.layers.length}`);
  }
  for (const [index, { diffId }] of image.layers.entries()) {
    if (named[index] !== undefined && named[index] !== diffId) {
      problems.push(`layer ${index} is ${diffId}, the config names ${named[index]}`);
    }
  }
  const { history } = image.config;
  const filled = history.filter((entry) => entry.empty_layer !== true).length;
  if (history.length > 0 && filled !== image.layers.length) {
    problems.push(`the history tells of ${filled} layers, the image has ${image.layers.length}`);
  }
  return problems;
}

function equalJson(left: unknown, right: unknown): boolean {
  return digestOf(canonicalJson(left)) === digestOf(canonicalJson(right));
}

async function layerProblems(layer: Layer, signal: AbortSignal | undefined): Promise<string[]> {
  const problems: string[] = [];
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const { header, offset } of readTar(watched())) layerEntryOf(header, offset);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return [`layer ${layer.diffId}: ${error.message}`];
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== layer.diffId) problems.push(`layer ${layer.diffId} has digest ${digest}`);
  const told = await layer.tarBytes?.();
  if (told !== undefined && told !== sizeBytes) {
    problems.push(`layer ${layer.diffId} has ${sizeBytes} bytes and says ${told}`);
  }
  return problems;

  /** The reader stops at the end of the archive: what follows counts for the digest, too. */
  async function* watched(): AsyncGenerator<Uint8Array> {
    const chunks = layer.tar(signal)[Symbol.asyncIterator]();
    try {
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        hash.update(next.value);
        sizeBytes += next.value.length;
        yield next.value;
      }
    } finally {
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        hash.update(next.value);
        sizeBytes += next.value.length;
      }
    }
  }
}
