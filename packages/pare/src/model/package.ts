import type { ImagePath } from '@pare/oci';

export type Ecosystem =
  | 'deb'
  | 'apk'
  | 'npm'
  | 'python'
  | 'gem'
  | 'java'
  | 'perl'
  | 'composer'
  | 'nuget'
  | 'erlang';

/** A package that is installed in the image, with the files it brought. */
export interface Package {
  /** Unique in the image: `deb:libssl3`, `npm:/app/node_modules/express`. */
  readonly id: string;
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
  /** Every path it owns that is in the tree, directories included, sorted, as in the tree (links resolved). */
  readonly files: readonly ImagePath[];
  /** `id`s of the packages in this image that it declares it needs at run time; missing ones are left out. */
  readonly dependsOn: readonly string[];
  /** Part of the base system: kept only as observed and as needed, also at `used`. */
  readonly base: boolean;
}
