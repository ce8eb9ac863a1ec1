import type { ImagePath } from '@pare/oci';
import type { KeepReason } from './keep-reason.ts';

/** Something static analysis found out about one file. */
export type Fact =
  /** `from` does not work, or not fully, without `to`. `to` is a path as named: the planner follows links. */
  | { readonly kind: 'needs'; readonly from: ImagePath; readonly to: ImagePath; readonly reason: KeepReason }
  /** `from` starts programs through a shell. */
  | { readonly kind: 'uses-shell'; readonly from: ImagePath }
  /** An analyzer could not read the file; the file itself is treated as opaque. */
  | {
      readonly kind: 'unknown';
      readonly from: ImagePath;
      readonly analyzer: string;
      readonly message: string;
    };
