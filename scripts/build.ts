/**
 * Builds what ships: packages/pare/dist (the CLI, bundled, for Node 20.19 and newer) and packages/pare/prebuilt (the sensor).
 * Heavy parts stay in chunks of their own, so that `pare --help` does not load them.
 */
import { createHash } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { builtinImports } from './builtin-imports.ts';

const repository = join(import.meta.dirname, '..');
const shipped = join(repository, 'packages/pare');
const fresh = join(shipped, `dist.${process.pid}`);

await build({
  entryPoints: {
    pare: join(shipped, 'src/cli/main.ts'),
    // A program of its own, which the embedded engine runs in a container's network namespace.
    'port-proxy': join(shipped, 'src/engine/embedded/port-proxy.ts'),
    // What runs in a thread of its own.
    'thread-program': join(shipped, 'src/store/thread-program.ts'),
  },
  outdir: fresh,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'linked',
  logLevel: 'warning',
  plugins: [builtinImports],
});
await chmod(join(fresh, 'pare.mjs'), 0o755);
await writeFile(join(fresh, '.built'), await hashFiles(fresh));
await cp(join(repository, 'packages/sensor/prebuilt'), join(shipped, 'prebuilt'), { recursive: true });
// A run that goes on keeps the modules that it has loaded; one that starts meanwhile finds the old or the new whole.
await rm(join(shipped, 'dist'), { recursive: true, force: true });
await rename(fresh, join(shipped, 'dist'));

/** A name for the code in a directory: what Pare keeps between its runs says by it which code made it. */
async function hashFiles(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(directory)).sort()) hash.update(await readFile(join(directory, name)));
  return hash.digest('hex');
}
