import type { ImageConfig } from '@pare/oci';
import type { HardeningProfile } from './hardening-profile.ts';
import type { Observation } from './observation.ts';
import type { Package } from './package.ts';
import type { ReductionPlan } from './reduction-plan.ts';
import type { Verdict } from './verdict.ts';

/** One timed stage of a run; stages may overlap, so they need not sum to the total. */
export interface StageTiming {
  readonly stage: string;
  readonly startMs: number;
  readonly elapsedMs: number;
}

export interface ImageSummary {
  readonly reference: string;
  readonly id: string;
  /** Sum of its layers' file contents, hardlinks once; what `docker images` shows, give or take metadata. */
  readonly sizeBytes: number;
  readonly files: number;
  readonly layers: number;
  readonly config: ImageConfig;
}

/** Everything that one `pare build` found and did. Versioned JSON; the source of every rendered form. */
export interface RunReport {
  readonly schema: 'pare.report/1';
  readonly pareVersion: string;
  readonly engine: { readonly kind: string; readonly name: string; readonly version: string; readonly kernel: string; readonly operatingSystem: string };
  readonly fat: ImageSummary;
  /** Undefined when verification failed: nothing was tagged. */
  readonly slim: ImageSummary | undefined;
  readonly tags: readonly string[];
  readonly observation: Observation;
  readonly packages: readonly Pick<Package, 'id' | 'ecosystem' | 'name' | 'version'>[];
  readonly plan: ReductionPlan;
  readonly hardening: HardeningProfile;
  readonly verdict: Verdict;
  /** Rounds of putting back that verification needed; 0 when the first slim image passed. */
  readonly repairRounds: number;
  readonly timings: readonly StageTiming[];
  readonly totalMs: number;
}
