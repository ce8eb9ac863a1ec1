import type { ImagePath } from '@pare/oci';
import type { AccessKind, SocketUse } from './observation.ts';

/** Something that the application was seen to do for the first time, while it runs. */
export type LiveEvent =
  | { readonly kind: 'process'; readonly pid: number; readonly argv: readonly string[] }
  | {
      readonly kind: 'file';
      /** As asked for: links on the way are not followed. */
      readonly path: ImagePath;
      readonly access: AccessKind;
      readonly existed: boolean;
      readonly pid: number;
    }
  | { readonly kind: 'system-call'; readonly arch: string; readonly name: string }
  | { readonly kind: 'socket'; readonly use: Omit<SocketUse, 'process'> };
