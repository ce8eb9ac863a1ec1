import type { ImagePath } from '@pare/oci';
import type { Verdict } from './verdict.ts';

/** What `pare verify` found. Versioned JSON. */
export interface Verification {
  readonly schema: 'pare.verification/1';
  readonly image: { readonly reference: string; readonly id: string };
  /** Whose answers it was held against. */
  readonly against:
    | { readonly kind: 'image'; readonly reference: string; readonly id: string }
    | { readonly kind: 'report'; readonly path: string; readonly reference: string };
  /** Where the seccomp profile came from that it was run under. */
  readonly profile: 'report' | 'file' | 'none';
  readonly verdict: Verdict;
  /** When it failed: what it asked for in vain though the fat image has it. */
  readonly lacking: readonly ImagePath[];
  /** It failed, lacks nothing, and passes without its profile. */
  readonly profileAtFault: boolean;
}
