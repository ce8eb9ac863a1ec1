import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtinImports } from './builtin-imports.ts';

const run = promisify(execFile);

describe('builtinImports', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pare-builtin-imports-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function bundle(program: string): Promise<string> {
    const result = await build({
      stdin: { contents: program, resolveDir: directory },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      plugins: [builtinImports],
    });
    return result.outputFiles[0]?.text ?? '';
  }

  async function output(bundled: string): Promise<unknown> {
    const file = join(directory, 'bundled.mjs');
    await writeFile(file, bundled);
    return JSON.parse((await run(process.execPath, [file])).stdout);
  }

  it('gives what a program imports by name, as a whole and as the default', async () => {
    const bundled = await bundle(`
      import path, { join } from 'node:path';
      import * as zlib from 'node:zlib';
      import { Agent } from 'http';
      console.log(JSON.stringify([
        join('a', 'b'), path.sep, zlib.gunzipSync(zlib.gzipSync('c')).toString(), typeof zlib.default, new Agent() instanceof Agent,
      ]));`);
    expect(bundled).not.toMatch(/\bfrom ['"]/);
    expect(await output(bundled)).toEqual(['a/b', '/', 'c', 'object', true]);
  });

  it('asks for nothing that a program does not use', async () => {
    const bundled = await bundle(`import { createHash } from 'node:crypto'; createHash('md5');`);
    expect(bundled).toContain('createHash');
    expect(bundled).not.toContain('webcrypto');
  });

  it('loads what may not be needed only once it is', async () => {
    const bundled = await bundle(`
      import { connect } from 'node:http2';
      const isLoaded = () => process.moduleLoadList.includes('NativeModule internal/http2/core');
      const before = isLoaded();
      const kind = typeof connect;
      console.log(JSON.stringify([before, kind, isLoaded()]));`);
    expect(await output(bundled)).toEqual([false, 'function', true]);
  });

  it('has CommonJS packages ask as well', async () => {
    await writeFile(join(directory, 'old.cjs'), `module.exports = require('util').format('%s', 'd');`);
    expect(await output(await bundle(`import old from './old.cjs'; console.log(JSON.stringify(old));`))).toBe(
      'd',
    );
  });

  it('leaves packages and dynamic imports alone', async () => {
    await writeFile(join(directory, 'path2.mjs'), `export const own = 'e';`);
    const bundled = await bundle(`
      import { own } from './path2.mjs';
      const { sep } = await import('node:path');
      console.log(JSON.stringify([own, sep]));`);
    expect(bundled).toContain('import("node:path")');
    expect(await output(bundled)).toEqual(['e', '/']);
  });
});
