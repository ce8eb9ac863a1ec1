import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../../model/keep-reason.ts';

/** The kept path that a reason leads back to; undefined for one that stands by itself. */
export function reasonSource(reason: KeepReason): ImagePath | undefined {
  switch (reason.kind) {
    case 'parent-directory':
    case 'symlink-target':
    case 'hardlink-peer':
    case 'elf-interpreter':
    case 'elf-needed':
    case 'elf-dlopen':
    case 'shebang':
    case 'script-command':
    case 'named-in-settings':
    case 'import':
    case 'shell':
      return reason.of;
    case 'symlink-on-the-way':
      return reason.to;
    case 'package-file':
      return reason.because;
    case 'observed':
    case 'image-config':
    case 'application-file':
    case 'runtime-family':
    case 'empty-directory':
    case 'directory-skeleton':
    case 'include-rule':
    case 'put-back':
      return undefined;
    default:
      return unknownSource(reason);
  }
}

/** A reason of a newer Pare's report: followed where it names a path. */
function unknownSource(reason: never): ImagePath | undefined {
  const { of, because } = reason as { readonly of?: unknown; readonly because?: unknown };
  const path = of ?? because;
  return typeof path === 'string' && path.startsWith('/') ? (path as ImagePath) : undefined;
}
