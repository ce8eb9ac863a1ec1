import { digestOf } from '../formats/digest.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image, ImageConfig, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';

/** An image of a config as it is stored and the layers that it names. What is held open is the caller's. */
export interface ImageParts {
  readonly reference: string;
  readonly rawConfig: Uint8Array;
  readonly layers: readonly Layer[];
  /** Releases what the layers hold open. */
  readonly dispose?: () => Promise<void>;
}

/**
 * Puts an image together from a stored config and its layers, lowest first. Throws OciError `not-an-image` or `corrupt`
 * on a wrong config, and `digest-mismatch` when the config names other layers.
 */
export function imageFromParts({ reference, rawConfig, layers, dispose }: ImageParts): Image {
  const config = parseImageConfig(rawConfig);
  const named = config.rootfs.diff_ids.join(' ');
  if (named !== layers.map(({ diffId }) => diffId).join(' ')) {
    throw new OciError('digest-mismatch', `the config of ${reference} names other layers than it has`);
  }
  return {
    reference,
    configDigest: digestOf(rawConfig),
    config,
    rawConfig,
    layers,
    [Symbol.asyncDispose]: dispose ?? (() => Promise.resolve()),
  };
}

/**
 * Makes an image of a config and layers, lowest first. The layers' diffIDs are put into the config, whatever it said
 * before, and it is rendered canonically: equal input gives an equal `configDigest`.
 */
export function makeImage(options: {
  readonly reference: string;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
}): Image {
  const { reference, config, layers } = options;
  const rawConfig = renderImageConfig(
    config,
    layers.map(({ diffId }) => diffId),
  );
  return imageFromParts({ reference, rawConfig, layers });
}

/** A config with these layers, lowest first, as canonical JSON. */
export function renderImageConfig(config: ImageConfig, diffIds: readonly Digest[]): Uint8Array {
  return canonicalJson({ ...config, rootfs: { type: 'layers', diff_ids: diffIds } });
}
