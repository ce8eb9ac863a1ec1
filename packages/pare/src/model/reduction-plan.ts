import type { ImagePath } from '@pare/oci';
import type { KeepReason } from './keep-reason.ts';

/** How much is kept beyond what ran; see DESIGN "What is kept, and why". */
export type KeepLevel = 'observed' | 'used' | 'packages';

export interface KeptPath {
  readonly path: ImagePath;
  /** At least one. */
  readonly reasons: readonly KeepReason[];
}

/** What the slim image will hold. Versioned JSON. */
export interface ReductionPlan {
  readonly schema: 'pare.plan/1';
  readonly level: KeepLevel;
  /** Sorted by path; closed: parents, link targets and needs of a kept path are kept. */
  readonly kept: readonly KeptPath[];
  /** Sorted by path. */
  readonly removed: readonly ImagePath[];
  readonly keptBytes: number;
  readonly removedBytes: number;
  /** What analysis could not read, one line each. */
  readonly unknowns: readonly string[];
}
