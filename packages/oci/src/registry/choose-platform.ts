import { type JsonObject, listOf, objectOf } from '../formats/json-shape.ts';
import { OciError } from '../model/oci-error.ts';
import { type Descriptor, parseDescriptor } from './descriptor.ts';

/** What an image is built for, in the image spec's words (Go's GOOS and GOARCH). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Linux on this machine's architecture. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return { os: 'linux', architecture: names[process.arch] ?? process.arch };
}

/** Reads `os/architecture[/variant]`; undefined for anything else. */
export function parsePlatform(text: string): Platform | undefined {
  const [os, architecture, variant, ...more] = text.split('/');
  if (!os || !architecture || variant === '' || more.length > 0) return undefined;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** The platform as it is written. */
export function renderPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/**
 * The manifest of an index for a platform. Without a variant wanted, one without a variant comes first, then the newest.
 * Attestations (BuildKit) are no images. Throws OciError `foreign-platform`, which lists what there is.
 */
export function choosePlatform(index: JsonObject, wanted: Platform, what: string): Descriptor {
  const found = listOf(index.manifests, `the manifests of ${what}`).flatMap((value) => {
    const json = objectOf(value, `a manifest of ${what}`);
    const platform = platformOf(json.platform);
    const attestation =
      objectOf(json.annotations ?? {}, 'annotations')['vnd.docker.reference.type'] !== undefined;
    if (attestation || platform?.os === 'unknown') return [];
    return [{ platform, descriptor: parseDescriptor(json, `a manifest of ${what}`) }];
  });
  const fitting = found.filter(
    ({ platform }) =>
      platform?.os === wanted.os &&
      platform.architecture === wanted.architecture &&
      (wanted.variant === undefined || platform.variant === wanted.variant),
  );
  const variantOf = (one: (typeof fitting)[number]) => one.platform?.variant ?? '';
  const [first] = fitting.toSorted((left, right) => {
    if (variantOf(left) === '' || variantOf(right) === '') return variantOf(left) === '' ? -1 : 1;
    return variantOf(left) < variantOf(right) ? 1 : -1;
  });
  if (first !== undefined) return first.descriptor;
  const [only] = found;
  // An index of one image without a platform is that image; its config tells what it is for.
  if (only !== undefined && found.length === 1 && only.platform === undefined) return only.descriptor;
  const there = found.flatMap(({ platform }) => (platform === undefined ? [] : [renderPlatform(platform)]));
  throw new OciError(
    'foreign-platform',
    `${what} has no image for ${renderPlatform(wanted)}: it has ${there.length === 0 ? 'none' : there.join(', ')}`,
  );
}

function platformOf(value: unknown): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const { os, architecture, variant } = objectOf(value, 'a platform');
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}
