import type { Digest } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { StoredImage } from '../ports/image-store.ts';

/** Repository names as docker takes them (the reference grammar of distribution), with an optional registry in front. */
const repository =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?\/|\[[0-9a-fA-F:]+\](?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const tagName = /^\w[\w.-]{0,127}$/;
const lengthLimit = 400;
const idPattern = /^(?:sha256:)?([0-9a-f]{4,64})$/;

/** A tag in full: `name:tag`, `latest` where none is given. Throws PareError `usage`. */
export function parseTagName(name: string): string {
  const parsed = tagOf(name);
  if (parsed !== undefined) return parsed;
  throw new PareError('usage', `${JSON.stringify(name.slice(0, 200))} is no name for an image`, {
    hint: 'use lower-case letters, digits and . _ - /, with an optional :tag',
  });
}

/** A colon after the last slash begins a tag; one before it is a registry's port. */
function tagOf(name: string): string | undefined {
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const [path, tag] = hasTag ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest'];
  return name.length <= lengthLimit && repository.test(path) && tagName.test(tag)
    ? `${path}:${tag}`
    : undefined;
}

/**
 * The image that a reference means: one of its tags, `name@digest` of its manifest, its ID, its manifest's digest, or the beginning
 * of its ID (at least four digits). Undefined when there is none; throws PareError `usage` when the beginning fits several.
 */
export function findImage(images: readonly StoredImage[], reference: string): StoredImage | undefined {
  const at = reference.lastIndexOf('@');
  if (at > 0) {
    const digest = reference.slice(at + 1) as Digest;
    return images.find(({ manifestDigest }) => manifestDigest === digest);
  }
  const tag = tagOf(reference);
  const named = images.find(({ tags }) => tag !== undefined && tags.includes(tag));
  if (named !== undefined) return named;
  const [, hex] = idPattern.exec(reference) ?? [];
  if (hex === undefined) return undefined;
  const exact = images.find(({ id, manifestDigest }) => id === reference || manifestDigest === reference);
  if (exact !== undefined) return exact;
  const fitting = images.filter(({ id }) => id.startsWith(`sha256:${hex}`));
  const ids = new Set(fitting.map(({ id }) => id));
  if (ids.size <= 1) return fitting[0];
  throw new PareError('usage', `${reference} is the beginning of ${ids.size} image IDs`, {
    hint: 'give more digits',
    details: [...ids],
  });
}
