import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Observation } from '../model/observation.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { UserRules } from '../model/scenario.ts';

/** A path that the image config names. */
export interface ConfigRoot {
  readonly path: ImagePath;
  readonly reason: KeepReason;
}

/** A path that the slim image lacked when it was verified. */
export interface PutBack {
  readonly path: ImagePath;
  /** Counts from 1. */
  readonly round: number;
  /** Title of the probe that differed. */
  readonly probe: string;
}

/** Everything that decides what is kept, but the facts about single files. */
export interface PlanInput {
  readonly tree: FileTree;
  readonly config: ImageConfig;
  readonly observation: Pick<
    Observation,
    'files' | 'processes' | 'probes' | 'account' | 'syscalls' | 'sockets'
  >;
  readonly configRoots: readonly ConfigRoot[];
  readonly packages: readonly Package[];
  /** Names of the locales in the image's locale archive (`de_DE.utf8`); undefined: it has none, or it could not be read. */
  readonly archivedLocales?: readonly string[];
  readonly level: KeepLevel;
  /** Globs of paths (picomatch syntax, absolute); one that matches a directory means everything below it too. */
  readonly include: readonly string[];
  /** As `include`; wins over every reason to keep. */
  readonly exclude: readonly string[];
  /** Packages that the user wants whole, or not at all; undefined: none. */
  readonly packageRules?: Pick<UserRules, 'includePackages' | 'includeEcosystems' | 'excludePackages'>;
  readonly putBack: readonly PutBack[];
}
