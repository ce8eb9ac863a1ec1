import { rm } from 'node:fs/promises';
import type { HostPath } from '@pare/oci';
import { runTool } from './run-tool.ts';
import { findUnpacker } from './user-namespace.ts';

/** Removes a directory and all below it, also files of this user's subordinate IDs. No error when it is not there. */
export async function removeTree(directory: HostPath): Promise<void> {
  try {
    // The tar of a killed process may still be writing for a moment.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'EACCES' && code !== 'EPERM') || process.getuid?.() === 0) throw error;
    const [program = 'rm', ...prefix] = [...(await findUnpacker()).prefix, 'rm', '-rf', '--', directory];
    const result = await runTool(program, prefix);
    if (result.code !== 0) throw error;
  }
}
