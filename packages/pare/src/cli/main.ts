#!/usr/bin/env -S node --
import nodeModule from 'node:module';
import { join } from 'node:path';
import { defaultCacheDirectory } from '../pipeline/cache-directory.ts';

// From Node 22.8 on, what was compiled is kept for the next start. Not in the temporary directory, Node's own choice: nothing
// is to be left there.
nodeModule.enableCompileCache?.(join(defaultCacheDirectory(), 'compiled'));

// Who reads may have read enough: `pare build --help | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const { runCli } = await import('./run-cli.ts');

const exitCode = await runCli(process.argv, process);
for (const stream of [process.stdout, process.stderr])
  await new Promise((written) => stream.write('', written));
// All that was held is given back. Taking a large heap apart object by object would only keep the user waiting.
process.exit(exitCode);
