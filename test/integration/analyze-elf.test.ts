import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFileTree, type FileTree, type ImagePath } from '@pare/oci';
import { docker, type RealEngine, realEngine, testBase } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Analysis, createAnalysis } from '../../packages/pare/src/analyze/analysis.ts';

// The oracle is ldd(1), the image's own dynamic linker, run inside the image.

const tag = `pare-test/analyze-elf-${process.pid}:latest`;
const cleanup: (() => unknown)[] = [];
let connected: RealEngine;
let tree: FileTree;
let analysis: Analysis;

beforeAll(async () => {
  await docker(['build', '--quiet', '--force-rm', '--tag', tag, '-'], buildContext());
  cleanup.push(() => docker(['image', 'rm', '--force', tag]));
  connected = await realEngine();
  cleanup.push(() => connected[Symbol.asyncDispose]());
  const image = await connected.engine.openImage(tag);
  cleanup.push(() => image[Symbol.asyncDispose]());
  tree = await buildFileTree(image);
  analysis = createAnalysis(tree, image.config);
});

afterAll(async () => {
  for (const undo of cleanup.reverse()) await undo();
});

/** A tar of a Dockerfile and of programs that gcc links in the ways that are easy to get wrong. */
function buildContext(): AsyncIterable<Uint8Array> {
  const directory = mkdtempSync(join(tmpdir(), 'pare-analyze-elf-'));
  cleanup.push(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(directory, 'root');
  for (const path of ['opt/t/bin', 'opt/t/lib', 'opt/conf', 'usr/local/lib', 'etc/ld.so.conf.d'])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'etc/ld.so.conf.d/zz-test.conf'), '/opt/conf\n');
  const source = join(directory, 'x.c');
  const gcc = (text: string, output: string, ...options: readonly string[]): void => {
    writeFileSync(source, text);
    execFileSync('gcc', ['-o', join(root, output), source, ...options]);
  };
  const library = (name: string, output: string, ...options: readonly string[]): void =>
    gcc(
      `int ${name}(void) { return 1; }`,
      output,
      '-shared',
      '-fPIC',
      `-Wl,-soname,lib${name}.so`,
      '-Wl,--no-as-needed',
      ...options,
    );
  const own = `-L${join(root, 'opt/t/lib')}`;
  library('b', 'opt/t/lib/libb.so');
  library('a', 'opt/t/lib/liba.so', own, '-lb');
  library('c', 'opt/conf/libc-test.so', '-Wl,-soname,libc-test.so');
  library('d', 'usr/local/lib/libd.so');
  const main = 'int main(void) { return 0; }';
  const linked = ['-Wl,--no-as-needed', own, '-la', '-Wl,--allow-shlib-undefined'];
  gcc(main, 'opt/t/bin/rpath', ...linked, '-Wl,--disable-new-dtags', '-Wl,-rpath,$ORIGIN/../lib');
  gcc(main, 'opt/t/bin/runpath', ...linked, '-Wl,--enable-new-dtags', '-Wl,-rpath,$ORIGIN/../lib');
  gcc(
    main,
    'opt/t/bin/configured',
    '-Wl,--no-as-needed',
    join(root, 'opt/conf/libc-test.so'),
    `-L${join(root, 'usr/local/lib')}`,
    '-ld',
  );
  writeFileSync(
    join(directory, 'Dockerfile'),
    `FROM ${testBase()}\nCOPY root /\nRUN ldconfig\nCMD ["/opt/t/bin/rpath"]\n`,
  );
  const tar = execFileSync('tar', ['-C', directory, '-c', 'Dockerfile', 'root'], { maxBuffer: 1 << 28 });
  return (async function* () {
    yield tar;
  })();
}

/** Everything that a program loads by our facts, links followed. */
async function loadedBy(path: ImagePath): Promise<readonly string[]> {
  const loaded = new Set<ImagePath>();
  for (let round: readonly ImagePath[] = [path]; round.length > 0; ) {
    const facts = [...(await analysis.factsOf(round)).values()].flat();
    round = facts
      .flatMap((fact) =>
        fact.kind === 'needs' && /^elf-(needed|interpreter)$/.test(fact.reason.kind)
          ? [tree.resolve(fact.to).path]
          : [],
      )
      .filter((to) => to !== path && !loaded.has(to));
    for (const to of round) loaded.add(to);
  }
  return [...loaded].sort();
}

/** What ldd says of each file: paths with links followed, sorted. */
async function ldd(paths: readonly ImagePath[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const script = 'for f in "$@"; do echo "== $f"; ldd "$f" 2>&1; done';
  const output = await docker(['run', '--rm', '--network', 'none', tag, 'sh', '-c', script, 'sh', ...paths]);
  const answers = new Map<string, readonly string[]>();
  for (const part of output.split(/^== /m).slice(1)) {
    const [name = '', ...lines] = part.split('\n');
    const loaded = lines.flatMap((line) => /(?:=> |^\t)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
    answers.set(name, [...new Set(loaded.map((path) => tree.resolve(path as ImagePath).path))].sort());
  }
  return answers;
}

test('finds what ldd finds, for programs and libraries of the base image', async () => {
  const candidates: ImagePath[] = [];
  for (const entry of tree.entries()) {
    if (entry.kind !== 'file' || !/^\/usr\/(s?bin|lib|libexec)\//.test(entry.path) || entry.sizeBytes < 1000)
      continue;
    for await (const head of tree.open(entry, { start: 0, lengthBytes: 4 })) {
      if (Buffer.from(head).toString('latin1') === '\x7fELF') candidates.push(entry.path);
    }
  }
  const step = Math.max(1, Math.floor(candidates.length / 80));
  const chosen = candidates.filter((_, index) => index % step === 0);
  expect(chosen.length).toBeGreaterThanOrEqual(50);
  const answers = await ldd(chosen);
  expect(answers.size).toBe(chosen.length);
  for (const path of chosen) {
    // ldd names the linker for libraries without an interpreter too: they were loaded by it.
    const linker = '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';
    const without = (paths: readonly string[]): readonly string[] => paths.filter((each) => each !== linker);
    expect([path, without(await loadedBy(path))]).toEqual([path, without(answers.get(path) ?? [])]);
  }
});

test.each(['rpath', 'runpath', 'configured'])(
  'finds what ldd finds where the path is told by: %s',
  async (name) => {
    const path = `/opt/t/bin/${name}` as ImagePath;
    const expected = (await ldd([path])).get(path) ?? [];
    expect(expected.length).toBeGreaterThan(1);
    expect(await loadedBy(path)).toEqual(expected);
  },
);
