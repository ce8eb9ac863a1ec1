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

process.exitCode = await runCli(process.argv, process);
