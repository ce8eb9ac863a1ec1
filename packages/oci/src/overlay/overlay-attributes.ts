import type { Entry } from '../model/entry.ts';

/** Who unpacks: the host's root, or root of a user namespace. */
export type OverlayFlavour = 'root' | 'namespace';

/** Why a layer's attribute is not put on an unpacked file. */
export type AttributeRefusal = 'overlay-attribute' | 'attribute';

const VALUE_LIMIT_BYTES = 64 * 1024;
const OVERLAY_ATTRIBUTE = /^(?:trusted|user)\.overlay\./;
const NAMESPACES = /^(?:user|trusted|security|system)\.[^\0]/;
const NAME_LIMIT_BYTES = 255;

/** The attribute that makes a directory opaque (Documentation/filesystems/overlayfs.rst, "Whiteouts and opaque directories"). */
export function opaqueAttribute(flavour: OverlayFlavour): readonly [string, Uint8Array] {
  return [`${flavour === 'root' ? 'trusted' : 'user'}.overlay.opaque`, Buffer.from('y')];
}

/**
 * Why an attribute cannot be put on a file, undefined when it can. Those of overlayfs would redirect directories to
 * anywhere in the layers; of the others, xattr(7) tells which a file may have and which need the host's own privileges.
 */
export function refuseAttribute(
  name: string,
  value: Uint8Array,
  kind: Entry['kind'],
  flavour: OverlayFlavour,
): AttributeRefusal | undefined {
  if (OVERLAY_ATTRIBUTE.test(name)) return 'overlay-attribute';
  if (!NAMESPACES.test(name) || Buffer.byteLength(name) > NAME_LIMIT_BYTES) return 'attribute';
  if (value.length > VALUE_LIMIT_BYTES) return 'attribute';
  if (name.startsWith('user.') && kind !== 'file' && kind !== 'directory') return 'attribute';
  if (flavour === 'root') return undefined;
  const privileged =
    name.startsWith('trusted.') || (name.startsWith('security.') && name !== 'security.capability');
  return privileged ? 'attribute' : undefined;
}
