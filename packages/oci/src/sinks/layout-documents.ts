import { digestOf } from '../formats/digest.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import type { Image } from '../model/image.ts';
import type { Descriptor } from '../registry/descriptor.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../registry/media-types.ts';

export const REFERENCE_ANNOTATION = 'org.opencontainers.image.ref.name';

/** The content of a layout's `oci-layout` file. */
export const LAYOUT_MARKER: Uint8Array = canonicalJson({ imageLayoutVersion: '1.0.0' });

/** The manifest of an image whose layers are stored as the descriptors say. */
export function renderManifest(image: Image, layers: readonly Descriptor[]): Uint8Array {
  const config = { mediaType: OCI_CONFIG, digest: image.configDigest, size: image.rawConfig.length };
  return canonicalJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

/** An entry of index.json, as `indexEntry` makes it. */
export type IndexEntry = ReturnType<typeof indexEntry>;

/** A manifest's entry in index.json (OCI image spec, "Image Index"). */
export function indexEntry(image: Image, manifest: Uint8Array, reference: string) {
  const { architecture, os, variant } = image.config;
  return {
    mediaType: OCI_MANIFEST,
    digest: digestOf(manifest),
    size: manifest.length,
    platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
    annotations: { [REFERENCE_ANNOTATION]: reference },
  };
}

/** index.json with these entries. */
export function renderIndex(manifests: readonly unknown[]): Uint8Array {
  return canonicalJson({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}
