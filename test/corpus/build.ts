#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { docker, runCommand } from '../../samples/run-command.ts';
import { readCommandLine } from '../../scripts/command-line.ts';
import { corpusNames, entryDirectory } from './entries.ts';

const label = 'pare.corpus.inputs';

/** The fat image of an entry. */
export function fatTag(name: string): string {
  return `pare-corpus/${name}:latest`;
}

/**
 * Builds the fat image of an entry, unless it was made from the same files on the same base. An entry with an
 * `app/package-lock.json` gets its packages on the host: the certificate store inside a container may not know this
 * network's registry. Throws with the end of the build's output.
 */
export async function buildEntry(name: string): Promise<void> {
  const directory = entryDirectory(name);
  const wanted = await inputsOf(directory);
  const made = await runCommand([
    'docker',
    'image',
    'inspect',
    '--format',
    `{{index .Config.Labels "${label}"}} {{.Id}}`,
    fatTag(name),
  ]);
  const [inputs, previous] = made.stdout.trim().split(' ');
  if (inputs === wanted) return;
  if (existsSync(join(directory, 'app/package-lock.json'))) {
    await run(
      'env',
      'NODE_OPTIONS=--use-system-ca',
      'npm',
      'ci',
      '--prefix',
      join(directory, 'app'),
      '--no-audit',
      '--no-fund',
    );
  }
  const options = ['--quiet', '--force-rm', '--label', `${label}=${wanted}`, '--tag', fatTag(name)];
  await run('env', 'DOCKER_BUILDKIT=0', 'docker', 'build', ...options, directory);
  // What it replaces goes, unless another image or a container stands on it.
  if (made.exitCode === 0 && previous !== undefined) await runCommand(['docker', 'image', 'rm', previous]);
}

/** Makes the image that every entry stands on, once. */
export async function buildBase(): Promise<void> {
  await run(join(import.meta.dirname, '../../samples/build'), 'base');
}

async function run(...argv: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(argv);
  if (exitCode === 0) return;
  const tail = `${stdout}${stderr}`.split('\n').slice(-40).join('\n');
  throw new Error(`${argv.join(' ')} ended with ${exitCode}\n${tail}`);
}

/** A hash of what the build can see, and of the images that it stands on. The scenario and the test are no part of it. */
async function inputsOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const dockerfile = await readFile(join(directory, 'Dockerfile'), 'utf8');
  for (const [, parent = ''] of dockerfile.matchAll(/^FROM +(\S+)/gm)) {
    if (parent.includes('/')) hash.update(await docker('image', 'inspect', '--format', '{{.Id}}', parent));
  }
  const names = await readdir(directory, { recursive: true });
  for (const name of names.sort()) {
    if (/(^|\/)node_modules(\/|$)|^(pare\.yaml|functional\.ts)$/.test(name)) continue;
    const path = join(directory, name);
    const stats = await lstat(path);
    hash.update(`${name}\0${stats.mode.toString(8)}\0`);
    if (stats.isFile()) hash.update(await readFile(path));
    if (stats.isSymbolicLink()) hash.update(await readlink(path));
  }
  return hash.digest('hex');
}

if (import.meta.main) {
  const { names } = readCommandLine({
    text: `usage: node test/corpus/build.ts [NAME…]
Builds the fat images of entries, all when left out. NAME is one of ${corpusNames().join(', ')}
`,
    options: {},
    names: corpusNames(),
  });
  await buildBase();
  // One after another: two builds at a time take longer on two cores, and their failures are hard to tell apart.
  for (const name of names.length > 0 ? names : corpusNames()) {
    process.stderr.write(`corpus: ${fatTag(name)}\n`);
    await buildEntry(name);
  }
}
