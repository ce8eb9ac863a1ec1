import { mkdir } from 'node:fs/promises';
import { type HostPath, OciError, takeTurn } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/**
 * Takes the lock whose files are in `directory`; dispose of it to give it back. A holder that is dead holds nothing.
 * Throws PareError `timed-out` when a live process keeps it for two minutes.
 */
export async function takeLock(directory: HostPath, signal?: AbortSignal): Promise<AsyncDisposable> {
  await mkdir(directory, { recursive: true });
  try {
    return await takeTurn(directory, signal);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw new PareError('timed-out', error.message, {
      hint: 'end that process, or try again',
      cause: error,
    });
  }
}
