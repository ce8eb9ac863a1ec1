import { decodeName, IMAGE_ROOT, type ImagePath } from '@pare/oci';

/** A path as a process asked for it, put into the image's terms. */
export interface AskedPath {
  /** Normalised; `..` resolved by the text. */
  readonly path: ImagePath;
  /** What was asked, without `.` and empty segments, when it has `..` in it. */
  readonly asked: string | undefined;
  /** The directories that the kernel walks through before each `..`, by the text; they must be there. */
  readonly walked: readonly ImagePath[];
}

/** File systems of the runtime, which hide whatever the image has there, and the places of Pare's own files. */
const foreign = /^\/(?:proc|sys|dev|\.pare)(?:\/|$)/;
/** An empty segment, a dot or two. */
const unnormalised = /\/\.{0,2}(?:\/|$)/;
const nothingWalked: readonly ImagePath[] = [];

/**
 * Normalises an absolute path of the sensor's record. Undefined for one that cannot name anything of the image:
 * relative, with a NUL, or on a file system of the runtime's own.
 *
 * The kernel resolves `..` after following links: where `/a` is a link to `/b/c`, `/a/../d` is `/b/d` and not `/d`.
 * What is a link is not known here, so the text alone decides, and `asked` lets the planner walk it.
 */
export function parseAskedPath(bytes: Uint8Array): AskedPath | undefined {
  const text = decodeName(bytes);
  if (!text.startsWith('/') || text.includes('\0')) return undefined;
  if (unnormalised.test(text)) return normalise(text);
  return isForeign(text) ? undefined : { path: text as ImagePath, asked: undefined, walked: nothingWalked };
}

function normalise(text: string): AskedPath | undefined {
  const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
  const kept: string[] = [];
  const walked: ImagePath[] = [];
  for (const segment of segments) {
    if (segment !== '..') {
      kept.push(segment);
      continue;
    }
    if (kept.length > 0) walked.push(toPath(kept));
    kept.pop();
  }
  const path = toPath(kept);
  if (isForeign(path)) return undefined;
  const climbs = segments.includes('..');
  return {
    path,
    asked: climbs ? `/${segments.join('/')}` : undefined,
    walked: walked.filter((directory) => !isForeign(directory)),
  };
}

function toPath(segments: readonly string[]): ImagePath {
  return segments.length === 0 ? IMAGE_ROOT : (`/${segments.join('/')}` as ImagePath);
}

function isForeign(path: string): boolean {
  return foreign.test(path);
}
