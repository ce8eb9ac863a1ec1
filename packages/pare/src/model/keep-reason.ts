import type { ImagePath } from '@pare/oci';
import type { AccessKind } from './observation.ts';
import type { Ecosystem } from './package.ts';

/** How the dynamic linker finds a library (ld.so(8)). */
export type LibrarySearch =
  | 'rpath'
  | 'runpath'
  | 'ld.so.conf'
  | 'default-directory'
  | 'hwcaps'
  | 'library-path'
  | 'absolute';

/** Why one path is kept. */
export type KeepReason =
  | {
      readonly kind: 'observed';
      readonly accesses: readonly AccessKind[];
      readonly process: string;
      readonly probe?: string;
    }
  | { readonly kind: 'parent-directory'; readonly of: ImagePath }
  | { readonly kind: 'symlink-on-the-way'; readonly to: ImagePath }
  | { readonly kind: 'symlink-target'; readonly of: ImagePath }
  | { readonly kind: 'hardlink-peer'; readonly of: ImagePath }
  | { readonly kind: 'elf-interpreter'; readonly of: ImagePath }
  | {
      readonly kind: 'elf-needed';
      readonly of: ImagePath;
      readonly soname: string;
      readonly through: LibrarySearch;
    }
  | { readonly kind: 'elf-dlopen'; readonly of: ImagePath; readonly name: string }
  | { readonly kind: 'shebang'; readonly of: ImagePath }
  | { readonly kind: 'script-command'; readonly of: ImagePath; readonly command: string }
  /** A module or file that a configuration file names. */
  | { readonly kind: 'named-in-settings'; readonly of: ImagePath; readonly name: string }
  | { readonly kind: 'import'; readonly of: ImagePath; readonly name: string }
  | {
      readonly kind: 'image-config';
      readonly field:
        | 'entrypoint'
        | 'command'
        | 'healthcheck'
        | 'shell'
        | 'workdir'
        | 'volume'
        | 'user'
        | 'home'
        | 'environment';
    }
  | { readonly kind: 'application-file' }
  | {
      readonly kind: 'package-file';
      readonly ecosystem: Ecosystem;
      readonly package: string;
      readonly because: ImagePath;
    }
  | { readonly kind: 'runtime-family'; readonly family: string; readonly rule: string }
  /** Starts programs through a shell: the shell itself has this reason. */
  | { readonly kind: 'shell'; readonly of: ImagePath }
  /** Nothing is in it in the fat image either; a service may expect it. `package` is empty for an unowned one. */
  | { readonly kind: 'empty-directory'; readonly package: string }
  /** A directory or link that every file system of this kind has (`/tmp`, `/bin` → `usr/bin`). */
  | { readonly kind: 'directory-skeleton' }
  | { readonly kind: 'include-rule'; readonly pattern: string }
  | { readonly kind: 'put-back'; readonly round: number; readonly probe: string };

export type KeepReasonKind = KeepReason['kind'];
