import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FullTest } from '../../samples/full-test.ts';

/** The directory of an entry: `Dockerfile`, `pare.yaml`, `functional.ts` and what the image is made of. */
export function entryDirectory(name: string): string {
  return join(import.meta.dirname, name);
}

/** The names of all entries, sorted: directories here with a Dockerfile, a scenario and a functional test. */
export function corpusNames(): readonly string[] {
  return readdirSync(import.meta.dirname)
    .filter((name) =>
      ['Dockerfile', 'pare.yaml', 'functional.ts'].every((file) =>
        existsSync(join(entryDirectory(name), file)),
      ),
    )
    .sort();
}

/** The functional test of an entry: what the scenario in `pare.yaml` does not contain. */
export async function loadFunctional(name: string): Promise<FullTest> {
  const loaded: { readonly functional: FullTest } = await import(
    pathToFileURL(join(entryDirectory(name), 'functional.ts')).href
  );
  return loaded.functional;
}
