import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';

/** The last error that a runtime wrote into its log, in its own words without the prefixes; undefined: none. */
export async function readRuntimeError(bundle: HostPath, name = 'runtime.log'): Promise<string | undefined> {
  const text = await readFile(join(bundle, name), 'utf8').catch(() => '');
  return parseRuntimeLog(text);
}

/** Parses a log of one JSON object a line; what is no such line is passed over. */
export function parseRuntimeLog(text: string): string | undefined {
  const messages = text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return [];
      const level = 'level' in entry ? entry.level : 'error';
      return level === 'error' && typeof entry.msg === 'string' ? [entry.msg] : [];
    } catch {
      return [];
    }
  });
  return messages
    .at(-1)
    ?.replace(/^(?:runc run failed: |exec failed: )+/, '')
    .trim();
}

/**
 * The exit code that a shell, and docker, would give to a program that cannot be started: 127 when it is not there, 126
 * when it is no program. Undefined for what has another cause.
 */
export function startExitCode(message: string): 126 | 127 | undefined {
  // runc: `unable to start container process: exec: "x": …`; crun: `executable file "x" not found…`, `open executable: …`.
  if (!/\bexec: |\bexecutable\b|^exec |`execve?`|exec container process/i.test(message)) return undefined;
  return /no such file|not found/i.test(message) ? 127 : 126;
}
