import { parseDigest } from '../formats/digest.ts';
import { objectOf, stringOf } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';

/** What a manifest says of a blob (OCI image spec, "Descriptor"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Reads a descriptor; `what` names it in errors. Throws OciError `corrupt`. */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const json = objectOf(value, what);
  const { size } = json;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new OciError('corrupt', `${what} has no size`);
  return {
    mediaType: stringOf(json.mediaType, `the media type of ${what}`),
    digest: parseDigest(json.digest, `the digest of ${what}`),
    size,
  };
}
