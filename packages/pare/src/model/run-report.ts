import type { ImageConfig, ImagePath } from '@pare/oci';
import type { HardeningProfile } from './hardening-profile.ts';
import type { Observation } from './observation.ts';
import type { Package } from './package.ts';
import type { ReductionPlan } from './reduction-plan.ts';
import type { RiskEstimate } from './risk.ts';
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

/** One entry of the slim image as its layer has it. */
export interface ReportedFile {
  readonly path: ImagePath;
  readonly kind: 'file' | 'directory' | 'symlink' | 'char-device' | 'block-device' | 'fifo';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Content of a file, length of a link's target; 0 otherwise. */
  readonly sizeBytes: number;
  /** A link's target as written. */
  readonly target?: string;
}

/** What a directory and all below it hold of regular files; a file with several links counts where its content is. */
export interface DirectorySize {
  readonly path: ImagePath;
  readonly keptBytes: number;
  readonly removedBytes: number;
  readonly keptFiles: number;
  readonly removedFiles: number;
}

/** Everything that one `pare build` found and did. Versioned JSON; the source of every rendered form. */
export interface RunReport {
  readonly schema: 'pare.report/1';
  readonly pareVersion: string;
  readonly engine: {
    readonly kind: string;
    readonly name: string;
    readonly version: string;
    readonly kernel: string;
    readonly operatingSystem: string;
  };
  readonly fat: ImageSummary;
  /** Undefined when verification failed: nothing was tagged. */
  readonly slim: ImageSummary | undefined;
  readonly tags: readonly string[];
  readonly observation: Observation;
  readonly packages: readonly Pick<Package, 'id' | 'ecosystem' | 'name' | 'version'>[];
  readonly plan: ReductionPlan;
  /** What the kept paths are, sorted by path (`report/reported-files.ts` makes it of a tree). */
  readonly files?: readonly ReportedFile[];
  /** The symbolic links among the removed paths, with their targets as written, sorted by path. */
  readonly removedLinks?: readonly { readonly path: ImagePath; readonly target: string }[];
  readonly hardening: HardeningProfile;
  readonly verdict: Verdict;
  /** Rounds of putting back that verification needed; 0 when the first slim image passed. */
  readonly repairRounds: number;
  /** What the slim image asked for in vain though the fat one has it, when verification failed: the likely cause. */
  readonly lacking?: readonly ImagePath[];
  /** Verification failed, and the same image passes without its seccomp profile. */
  readonly profileAtFault?: boolean;
  /** What is known of what no probe exercised. */
  readonly risk?: RiskEstimate;
  /** Where the bytes of the fat image are, down to some levels, sorted by path. */
  readonly directories?: readonly DirectorySize[];
  readonly timings: readonly StageTiming[];
  readonly totalMs: number;
}
