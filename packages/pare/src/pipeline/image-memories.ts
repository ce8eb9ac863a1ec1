import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostPath, hostPath, openFileCache } from '@pare/oci';
import type { AnalysisMemory } from '../analyze/analysis.ts';
import type { UserFiles } from '../observe/container/find-user.ts';
import type { DirectoryTotal } from '../report/directory-totals.ts';
import type { PlanMemory } from './plan-memory.ts';
import { openTreeMemory, type TreeMemory } from './tree-memory.ts';

/** What is kept of images between runs, by their IDs. */
export interface ImageMemories {
  /** What analysis learnt. */
  readonly analyses: ImageMemory<AnalysisMemory>;
  /** What is known of it whatever is observed, with what the last build kept then: a good guess for what the next one will. */
  readonly plans: ImageMemory<PlanMemory>;
  /** How much is in its directories. */
  readonly directoryTotals: ImageMemory<readonly DirectoryTotal[]>;
  /** What its users are called. */
  readonly userFiles: ImageMemory<UserFiles>;
  /** Its merged view. */
  readonly trees: TreeMemory;
}

export interface ImageMemory<Value> {
  /** What the same Pare kept of the image with this ID; undefined for nothing, or what is damaged. */
  recall(imageId: string): Promise<Value | undefined>;
  /** Takes the place of what was kept before. A cache that cannot be written is no error. */
  keep(imageId: string, value: Value): Promise<void>;
}

/** An image of 45,000 paths takes about 4 MB. */
const analysesLimitBytes = 256 * 1024 ** 2;
/** An image of 40,000 paths, of which 4,000 are kept, takes a quarter of a megabyte. */
const plansLimitBytes = 64 * 1024 ** 2;
/** A thousand directories take 40 kB. */
const totalsLimitBytes = 8 * 1024 ** 2;
/** Mostly 2 kB. */
const userFilesLimitBytes = 8 * 1024 ** 2;

/**
 * Opens what is kept in the user's cache. An image's ID says what is in it, and `codeIdentity` which program looked at it: one whose
 * code has no name, as in a checkout that is run from its sources, keeps nothing.
 */
export function openImageMemories(cacheDirectory: HostPath, codeIdentity: string | undefined): ImageMemories {
  const open = <Value>(name: string, limitBytes: number): ImageMemory<Value> =>
    openMemory(hostPath(join(cacheDirectory, name)), limitBytes, codeIdentity);
  return {
    analyses: open('analyses', analysesLimitBytes),
    plans: open('plans', plansLimitBytes),
    directoryTotals: open('directory-totals', totalsLimitBytes),
    userFiles: open('user-files', userFilesLimitBytes),
    trees: openTreeMemory(hostPath(join(cacheDirectory, 'trees')), codeIdentity),
  };
}

function openMemory<Value>(
  directory: HostPath,
  limitBytes: number,
  codeIdentity: string | undefined,
): ImageMemory<Value> {
  const cache = openFileCache(directory, limitBytes);
  const nameOf = (imageId: string) => imageId.replace(/^sha256:/, '');
  return {
    async recall(imageId) {
      if (codeIdentity === undefined) return undefined;
      const bytes = await cache.read(nameOf(imageId));
      return bytes === undefined ? undefined : decodeMemory(bytes, directory, codeIdentity);
    },
    async keep(imageId, value) {
      if (codeIdentity !== undefined)
        await cache.write(nameOf(imageId), encodeMemory(value, directory, codeIdentity));
    },
  };
}

function encodeMemory(value: unknown, directory: HostPath, codeIdentity: string): Uint8Array {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`${headOf(body, directory, codeIdentity)}\n`), body]);
}

/** A line that fits says that this very program wrote what comes after it: its shape needs no further look. */
function decodeMemory<Value>(
  bytes: Uint8Array,
  directory: HostPath,
  codeIdentity: string,
): Value | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(0x0a);
  const body = buffer.subarray(end + 1);
  const fits = buffer.toString('latin1', 0, Math.max(end, 0)) === headOf(body, directory, codeIdentity);
  return fits ? (JSON.parse(body.toString()) as Value) : undefined;
}

function headOf(body: Uint8Array, directory: HostPath, codeIdentity: string): string {
  return `pare-${basename(directory)} 2 ${codeIdentity} ${createHash('sha256').update(body).digest('hex')}`;
}

/** What tells this program's code from any other's: the hash that stands beside the bundle; undefined where there is none. */
export async function ownCodeIdentity(): Promise<string | undefined> {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.ts')) return undefined;
  const hash = await readFile(join(dirname(here), '.built'), 'latin1').catch(() => '');
  return /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}
