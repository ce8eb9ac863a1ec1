import { createHash } from 'node:crypto';
import type { Digest } from '@pare/oci';
import type { HttpAnswer } from '../../../model/observation.ts';

/** What is kept of a text body for people and for the comparison. */
const textLimitBytes = 64 * 1024;

/** Makes the answer of a body, decoded, and all that came with it. */
export function toHttpAnswer(
  parts: Pick<HttpAnswer, 'method' | 'url' | 'port' | 'status' | 'headers' | 'elapsedMs'>,
  body: Uint8Array,
): HttpAnswer {
  return {
    kind: 'http',
    ...parts,
    bodyDigest: `sha256:${createHash('sha256').update(body).digest('hex')}` as Digest,
    bodySizeBytes: body.length,
    bodyText: textOf(body),
  };
}

/** UTF-8 without NUL is text, whatever the header says. A cut inside the last character is not held against it. */
function textOf(body: Uint8Array): string | undefined {
  const head = body.subarray(0, textLimitBytes);
  if (head.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length < body.length });
  } catch {
    return undefined;
  }
}
