import type { HostPath, RegistryReference } from '@pare/oci';

/** Where an image comes from or goes, other than by a plain name. `text` is what the user wrote. */
export type ImagePlace =
  /** An image of an engine of this kind, whichever engine works on it. */
  | { readonly kind: 'engine'; readonly engine: 'docker' | 'podman'; readonly reference: string }
  /** An image of Pare's own store. */
  | { readonly kind: 'store'; readonly reference: string }
  | { readonly kind: 'docker-archive'; readonly path: HostPath; readonly reference: string | undefined }
  | { readonly kind: 'oci'; readonly path: HostPath; readonly reference: string | undefined }
  | { readonly kind: 'oci-archive'; readonly path: HostPath; readonly reference: string | undefined }
  | { readonly kind: 'rootfs'; readonly path: HostPath }
  | { readonly kind: 'registry'; readonly reference: RegistryReference };

/** Where an image comes from. */
export type ImageSource =
  | ImagePlace
  /** A plain name, tag, digest or ID: the chosen engine's image, or, with a registry's host, that registry's. */
  | { readonly kind: 'named'; readonly reference: string }
  /** Built first: a context directory, or a Dockerfile whose directory is the context. */
  | { readonly kind: 'dockerfile'; readonly path: HostPath };

/** Where an image goes. */
export type ImageSink =
  | ImagePlace
  /** A plain name: a tag in the engine that is worked with. */
  | { readonly kind: 'named'; readonly reference: string };
