import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PareError } from '../../model/pare-error.ts';
import type { TlsMaterial } from './endpoint.ts';

/**
 * Reads `ca.pem`, `cert.pem` and `key.pem` of a directory, those that are there. Throws PareError `no-engine` when one
 * cannot be read, or when there is a certificate without its key.
 */
export async function readTlsMaterial(directory: string, verify: boolean): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readIfThere(join(directory, name))),
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw new PareError('no-engine', `${directory} has only one of cert.pem and key.pem`, {
      hint: 'a client certificate needs both files',
    });
  }
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PareError('no-engine', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
