import { readFile } from 'node:fs/promises';
import { PareError } from '../model/pare-error.ts';

/**
 * Reads a file of `docker run --env-file`: `NAME=value` lines taken literally, `NAME` alone takes the value from
 * `environment`, lines beginning with `#` and empty ones are skipped. Throws PareError `usage`.
 */
export async function readEnvFile(path: string, environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new PareError('usage', `env file ${path}: ${error.message}`, {
      hint: 'name a file with NAME=value lines',
      cause: error,
    });
  });
  const lines = text.split(/\r?\n/).map((line) => line.trimStart());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => expandVariable(line, environment));
}

/** `NAME` alone becomes `NAME=value` of `environment`, or nothing when it is not set there, as docker does. */
export function expandVariable(variable: string, environment: NodeJS.ProcessEnv): readonly string[] {
  if (variable.includes('=')) return [variable];
  const value = environment[variable];
  return value === undefined ? [] : [`${variable}=${value}`];
}
