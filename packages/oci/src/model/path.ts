declare const imagePathBrand: unique symbol;
declare const hostPathBrand: unique symbol;

/**
 * An absolute, normalised path inside an image: starts with `/`, has no `.`, `..` or empty segment and no
 * trailing slash (the root is `/`). Names are bytes: each byte that is not valid UTF-8 is held as one lone
 * surrogate U+DC80..U+DCFF (the "surrogateescape" of Python's PEP 383), so every name survives a round trip.
 */
export type ImagePath = string & { readonly [imagePathBrand]: true };

/** A path on the machine that Pare runs on. */
export type HostPath = string & { readonly [hostPathBrand]: true };

/** Marks a string as a host path. */
export function hostPath(path: string): HostPath {
  return path as HostPath;
}
