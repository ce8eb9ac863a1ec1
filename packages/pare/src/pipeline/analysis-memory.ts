import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostPath, hostPath, openFileCache } from '@pare/oci';
import type { Analysis, AnalysisMemory } from '../analyze/analysis.ts';

/** Where what analysis learnt of images is kept between runs. */
export interface AnalysisMemories {
  /** What the same Pare learnt of the image with this ID; undefined for nothing, or what is damaged. */
  recall(imageId: string): Promise<AnalysisMemory | undefined>;
  /** Keeps what was learnt, where it is more than before. A cache that cannot be written is no error. */
  keep(imageId: string, analysis: Analysis): Promise<void>;
}

/** An image of 45,000 paths takes about 4 MB. */
const limitBytes = 256 * 1024 ** 2;
const format = 'pare-analysis 1';

/**
 * Opens what is kept in the user's cache. An image's ID says what is in it, and `codeIdentity` which program looked at it: one whose
 * code has no name, as in a checkout that is run from its sources, keeps nothing.
 */
export function openAnalysisMemories(
  cacheDirectory: HostPath,
  codeIdentity: string | undefined,
): AnalysisMemories {
  const cache = openFileCache(hostPath(join(cacheDirectory, 'analyses')), limitBytes);
  const nameOf = (imageId: string) => imageId.replace(/^sha256:/, '');
  return {
    async recall(imageId) {
      if (codeIdentity === undefined) return undefined;
      const bytes = await cache.read(nameOf(imageId));
      return bytes === undefined ? undefined : decodeMemory(bytes, codeIdentity);
    },
    async keep(imageId, analysis) {
      if (codeIdentity === undefined) return;
      const memory = await analysis.learnt();
      if (memory !== undefined) await cache.write(nameOf(imageId), encodeMemory(memory, codeIdentity));
    },
  };
}

function encodeMemory(memory: AnalysisMemory, codeIdentity: string): Uint8Array {
  const body = Buffer.from(JSON.stringify(memory));
  return Buffer.concat([Buffer.from(`${headOf(body, codeIdentity)}\n`), body]);
}

/** A line that fits says that this very program wrote what comes after it: its shape needs no further look. */
function decodeMemory(bytes: Uint8Array, codeIdentity: string): AnalysisMemory | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(0x0a);
  const body = buffer.subarray(end + 1);
  const fits = buffer.toString('latin1', 0, Math.max(end, 0)) === headOf(body, codeIdentity);
  return fits ? (JSON.parse(body.toString()) as AnalysisMemory) : undefined;
}

function headOf(body: Uint8Array, codeIdentity: string): string {
  return `${format} ${codeIdentity} ${createHash('sha256').update(body).digest('hex')}`;
}

/** What tells this program's code from any other's: the hash that stands beside the bundle; undefined where there is none. */
export async function ownCodeIdentity(): Promise<string | undefined> {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.ts')) return undefined;
  const hash = await readFile(join(dirname(here), '.built'), 'latin1').catch(() => '');
  return /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}
