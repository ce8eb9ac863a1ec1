import { OciError, type OciErrorCode } from '@pare/oci';
import { PareError, type PareErrorCode } from '../model/pare-error.ts';
import { bugExitCode, exitCodes } from './exit-codes.ts';

/** An error as a person and as a program read it. */
export interface RenderedError {
  readonly exitCode: number;
  /** Several lines, without a trailing newline. */
  readonly text: string;
  /** The same for `--json`. */
  readonly json: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly details: readonly string[];
    };
  };
}

/**
 * Renders whatever ended a command. A PareError or an image's own fault gives its message and hint; a full disk and
 * a cancelled run are recognised below any wrapping; everything else is a bug of ours and shows its stack.
 */
export function renderError(error: unknown): RenderedError {
  const known = toPareError(error);
  if (known === undefined) return renderBug(error);
  const text = [`pare: ${known.message}`, ...known.details.map((line) => `  ${line}`)];
  if (known.hint !== undefined) text.push(`hint: ${known.hint}`);
  return {
    exitCode: exitCodes[known.code],
    text: text.join('\n'),
    json: {
      error: {
        code: known.code,
        message: known.message,
        ...(known.hint === undefined ? {} : { hint: known.hint }),
        details: known.details,
      },
    },
  };
}

function toPareError(error: unknown): PareError | undefined {
  if (error instanceof PareError) return error;
  const systemCode = findSystemCode(error);
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    return new PareError('disk-full', `no space is left on the disk: ${messageOf(error)}`, {
      hint: 'free some space, or point TMPDIR and --artifacts at a larger disk',
      cause: error,
    });
  }
  if (systemCode === 'ABORT_ERR')
    return new PareError('cancelled', 'cancelled; nothing was tagged', { cause: error });
  const denied = findDenied(error);
  if (denied !== undefined) {
    return new PareError('usage', `${denied.path} cannot be used: ${denied.code}`, {
      hint: 'it belongs to another user, perhaps since Pare ran as root (sudo): give it back with chown, or remove it as that user',
      cause: error,
    });
  }
  if (error instanceof OciError) {
    const { code, hint } = ociFaults[error.code];
    return new PareError(code, error.message, { hint, cause: error });
  }
  return undefined;
}

/** What a fault of an image means for the user, and what to do about it. */
const ociFaults: Readonly<Record<OciErrorCode, { readonly code: PareErrorCode; readonly hint: string }>> = {
  'not-found': { code: 'image-not-found', hint: 'check the name and the path' },
  'not-an-image': {
    code: 'image-invalid',
    hint: 'say what it is: docker-archive:, oci-archive:, oci: or rootfs:',
  },
  truncated: { code: 'image-invalid', hint: 'it was cut short: copy or save it again' },
  corrupt: { code: 'image-invalid', hint: 'it is damaged: copy or save it again' },
  'digest-mismatch': {
    code: 'image-invalid',
    hint: 'it is damaged or was changed on the way: get it again, and do not trust it',
  },
  hostile: { code: 'image-invalid', hint: 'no tool makes such an image by accident: do not trust it' },
  'too-large': { code: 'image-invalid', hint: 'it unfolds to more than any real image has: do not trust it' },
  unsupported: { code: 'image-invalid', hint: 'write it anew with a current docker, podman or skopeo' },
  'foreign-platform': {
    code: 'image-foreign-architecture',
    hint: 'choose one that it has: --platform OS/ARCHITECTURE',
  },
  denied: {
    code: 'registry-denied',
    hint: 'log in: docker login HOST (or podman login HOST), with the right to this repository',
  },
  'registry-failed': {
    code: 'registry-failed',
    hint: 'check the address; a registry without a known certificate needs --insecure-registry HOST',
  },
  'timed-out': { code: 'timed-out', hint: 'end that process, or try again' },
};

const systemCodes = new Set(['ENOSPC', 'EDQUOT', 'ABORT_ERR']);

/** A file or directory that the system keeps from this user: no fault of Pare's, and nothing that it could do. */
function findDenied(error: unknown): { readonly code: string; readonly path: string } | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined;
  const { code, path } = error;
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return denied && typeof path === 'string' ? { code, path } : undefined;
}

/** The first code in a chain of causes that is the system's and has a meaning for the user. */
function findSystemCode(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current.name === 'AbortError') return 'ABORT_ERR';
    if ('code' in current && typeof current.code === 'string' && systemCodes.has(current.code))
      return current.code;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function renderBug(error: unknown): RenderedError {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: bugExitCode,
    text: `pare: this is a bug in Pare, not in your image. Please report it with the lines below.\n${stack}`,
    json: { error: { code: 'bug', message: messageOf(error), details: stack.split('\n') } },
  };
}
