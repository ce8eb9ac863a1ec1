import type { ImagePath } from '@pare/oci';
import type { Ecosystem } from './package.ts';

/** How many files of the image one exercise was the first to use. */
export interface DiscoveryStep {
  /** Title of the probe; undefined for the time before the first one. */
  readonly probe?: string;
  /** Files that were there and were read, executed or loaded, and were not before. */
  readonly newFiles: number;
}

/** How many files further probes of the same kind would still use; always a lower bound. */
export type UnseenEstimate =
  | { readonly kind: 'estimated'; readonly files: number }
  /** The later half of the probes found as many as the earlier: nothing says where that ends. */
  | { readonly kind: 'not-levelling-off' }
  | { readonly kind: 'too-few-probes'; readonly least: number };

/** What one more probe of the same kind would find, from the later half of the probes. */
export interface NextProbe {
  /** Probes that this is told from. */
  readonly probes: number;
  /** Of these, how many found a file that none before had used. */
  readonly finding: number;
  /** Mean of the new files they found. */
  readonly newFiles: number;
  /** Chance that one more finds a new file, at most: the upper end of a one-sided interval of 95 %. */
  readonly chanceAtMost: number;
}

/** Several observations of one image taken as samples; only a merged observation has it. */
export interface SampledRuns {
  readonly observations: number;
  /** Files used in exactly one of them, and in exactly two. */
  readonly once: number;
  readonly twice: number;
  /** The share of what a further run uses that is known already, from 0 to 1. */
  readonly coverage: number;
  /** Files that no run used and further ones would; a lower bound. */
  readonly unseen: number;
}

/** The plan made once more from the first half of the probes alone, held against what the later half used. */
export interface HeldOut {
  /** Probes that were held out. */
  readonly probes: number;
  /** Files that they were the first to use. */
  readonly used: number;
  /** Of these, the files that the plan would have kept without having seen them used. */
  readonly keptAnyway: number;
  /** Those that it would not have kept, sorted, at most 20. */
  readonly missed: readonly ImagePath[];
}

/** A package of which files are kept that nothing was seen to use. */
export interface PartlyExercised {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly keptFiles: number;
  /** At least one, or it is not listed here. */
  readonly usedFiles: number;
}

/** What is known of what nobody probed. */
export interface RiskEstimate {
  readonly discovery: readonly DiscoveryStep[];
  /** Undefined with fewer probes than an estimate can be made of. */
  readonly nextProbe?: NextProbe;
  readonly unseen: UnseenEstimate;
  readonly sampledRuns?: SampledRuns;
  readonly heldOut?: HeldOut;
  /** Sorted by the number of files that were not used, most first. */
  readonly partlyExercised: readonly PartlyExercised[];
}
