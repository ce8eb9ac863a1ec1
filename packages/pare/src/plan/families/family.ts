import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';

/** What a rule may look at. */
export interface RuleView {
  readonly tree: FileTree;
  readonly config: ImageConfig;
  /** Languages that the image selects or the application has messages in, without regions: `de`. */
  readonly languages: readonly string[];
  /** Whether a locale of a language (`de`) is in the image, so that a process can select it. */
  readonly hasLanguage: (language: string) => boolean;
  /** The kept paths that set the family off, sorted. They may grow; a rule must then give at least what it gave. */
  readonly triggeredBy: readonly ImagePath[];
  /** The paths that a glob matches (`expandGlob`). */
  expand(glob: string): readonly ImagePath[];
}

/** One thing that programs of a family load lazily. */
export interface FamilyRule {
  readonly id: string;
  /** The lowest level at which it counts. */
  readonly level: 'observed' | 'used';
  /** Globs (see `expandGlob`), or a choice made over the tree. Directories among them are kept by themselves. */
  readonly keep: readonly string[] | ((view: RuleView) => Iterable<ImagePath>);
  /** What one path and its needs may add, in bytes; what the rule itself keeps counts nothing. 12 MiB unless told. */
  readonly limitBytes?: number;
  /** Whether it brings back what `drops` leave out otherwise. */
  readonly overridesDrops?: boolean;
  /** What a program would miss, in one line. */
  readonly reason: string;
  /** Where that is written down. */
  readonly source: string;
}

/** What every program of a kind (a C library, a language runtime, a server) loads lazily. */
export interface Family {
  readonly id: string;
  /** Globs of paths; one of them kept because it was used sets the family off. `always` sets it off in every image. */
  readonly triggers: readonly string[] | 'always';
  /** Whether what is kept in reserve sets it off too: a library that is useless without its data. */
  readonly inReserve?: boolean;
  /** Globs of trees that belong to the runtime itself, so that they are no application files though unowned. */
  readonly runtime?: readonly string[];
  /** Globs of what its whole packages and trees are kept without at `used`. */
  readonly drops?: readonly string[];
  /** Globs of directories in the order in which modules are looked for in them. A later copy of a file is left out. */
  readonly searchOrders?: readonly (readonly string[])[];
  readonly rules: readonly FamilyRule[];
}
