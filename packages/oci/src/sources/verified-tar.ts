import { createHash } from 'node:crypto';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';

/** A layer's tar, checked while it is read: at its end OciError `digest-mismatch` is thrown when it is not what its diffID says. */
export async function* verifiedTar(layer: Layer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of layer.tar(signal)) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== layer.diffId)
    throw new OciError('digest-mismatch', `the tar of layer ${layer.diffId} has digest ${digest}`);
}
