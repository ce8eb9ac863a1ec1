import { type ImagePath, joinImagePath, OciError, parentOf, parseImagePath, readTar } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { Container } from '../ports/container-engine.ts';

const sizeLimitBytes = 4 * 1024 * 1024;
const linkLimit = 8;

/**
 * Reads a small text file of a container that need not run. Undefined when it is not there. Follows the link that it
 * may be; the engine follows those on the way, within the container's root.
 * Throws PareError `image-invalid` for a file above 4 MiB, and what the engine throws for any other reason.
 */
export async function readContainerFile(
  container: Container,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  let at = parseImagePath(path);
  for (let links = 0; links < linkLimit; links += 1) {
    const found = await readOnce(container, at, signal);
    if (found === undefined || found.kind === 'text') return found?.text;
    at = joinImagePath(parentOf(at), found.target);
  }
  return undefined;
}

type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string };

async function readOnce(
  container: Container,
  path: ImagePath,
  signal: AbortSignal,
): Promise<Found | undefined> {
  try {
    for await (const { header, content } of readTar(container.copyOut(path, signal))) {
      if (header.type === 'symlink') return { kind: 'link', target: header.linkName };
      if (header.type !== 'file') return undefined;
      if (header.sizeBytes > sizeLimitBytes) {
        throw new PareError('image-invalid', `${path} of the image is larger than ${sizeLimitBytes} bytes`);
      }
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part.slice());
      return { kind: 'text', text: Buffer.concat(parts).toString('utf8') };
    }
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof OciError) {
      throw new PareError('engine-failed', `the engine gave a broken archive of ${path}`, { cause: error });
    }
    throw error;
  }
}

/** The adapters' errors bear the HTTP status of the engine's answer. */
function isNotFound(error: unknown): boolean {
  return error instanceof PareError && 'status' in error && error.status === 404;
}
