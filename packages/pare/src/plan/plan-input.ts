import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Observation } from '../model/observation.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { UserRules } from '../model/scenario.ts';
import type { GeneratedGroup } from './generated-files.ts';
import type { PackageIndex } from './package-index.ts';

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

/** What an image says by itself, whatever is observed: of use to every plan of it. Its answers are remembered. */
export interface ImageSurvey {
  readonly index: PackageIndex;
  /** The application's own files. */
  readonly applicationFiles: readonly ImagePath[];
  /** What package scripts made. */
  readonly generated: readonly GeneratedGroup[];
  /** Directories that are kept at every level. */
  readonly expectedDirectories: readonly ImagePath[];
  /** Other names of programs. */
  readonly alternatives: readonly ImagePath[];
  /** Languages of the application's own files, as `de`, and those of the locales that the config selects. */
  readonly applicationLanguages: readonly string[];
  readonly localeLanguages: readonly string[];
  readonly hasLanguage: (language: string) => boolean;
  /** What the runtime families leave out of whole packages, and modules that another one of the same name hides. */
  readonly isDrop: (path: string) => boolean;
  /** What `used` leaves out of a whole package. */
  readonly dispensableOf: (pkg: Package) => ReadonlySet<ImagePath>;
  /** The places among all families of those that a path sets off. */
  readonly setOffBy: (path: ImagePath) => readonly number[];
  /** What these two have answered: it says of the image what no rule and no observation changes. */
  readonly answers: SurveyAnswers;
}

export interface SurveyAnswers {
  readonly dispensable: Map<Package, ReadonlySet<ImagePath>>;
  readonly setOff: Map<ImagePath, readonly number[]>;
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
  /** `surveyImage` of the same tree, config, packages and locales: one for all plans of an image. */
  readonly survey: ImageSurvey;
}
