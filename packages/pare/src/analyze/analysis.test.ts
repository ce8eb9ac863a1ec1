import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { createAnalysis } from './analysis.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const at = (path: string) => path as ImagePath;

test('reads a file once, however often it is asked for', async () => {
  let reads = 0;
  const content = {
    sizeBytes: 10,
    readRange: async () => {
      reads++;
      return Buffer.from("import 'x'");
    },
  };
  const analysis = createAnalysis(memoryTree({ '/x.js': { content } }), config);
  await Promise.all([analysis.factsOf([at('/x.js')]), analysis.factsOf([at('/x.js')])]);
  await analysis.factsOf([at('/x.js')]);
  expect(reads).toBe(1);
});

test('does not read what its name says holds no code', async () => {
  const content = { sizeBytes: 10, readRange: () => Promise.reject(new Error('was read')) };
  const analysis = createAnalysis(
    memoryTree({ '/x.png': { content }, '/y.png': { content, mode: 0o755 } }),
    config,
  );
  expect((await analysis.factsOf([at('/x.png')])).get(at('/x.png'))).toEqual([]);
  expect((await analysis.factsOf([at('/y.png')])).get(at('/y.png'))).toMatchObject([
    { kind: 'unknown', message: 'was read' },
  ]);
});

test('a text that is too large for its analyzer is an unknown', async () => {
  const content = {
    sizeBytes: 9 * 1024 * 1024,
    readRange: async (_: number, length: number) => Buffer.alloc(length, ' '),
  };
  const analysis = createAnalysis(memoryTree({ '/x.js': { content } }), config);
  expect((await analysis.factsOf([at('/x.js')])).get(at('/x.js'))).toMatchObject([
    { kind: 'unknown', analyzer: 'node' },
  ]);
});

test('a cancelled analysis rejects instead of calling files unknown', async () => {
  const cancel = new AbortController();
  const analysis = createAnalysis(memoryTree({ '/x.js': 'x' }), config, { signal: cancel.signal });
  cancel.abort();
  await expect(analysis.factsOf([at('/x.js')])).rejects.toThrow('abort');
});

/** A script that imports another, which can be read `times` times. */
function readableFor(times: number) {
  let left = times;
  const script = {
    sizeBytes: 12,
    readRange: async () => {
      left -= 1;
      if (left < 0) throw new Error('was read');
      return Buffer.from("import './y'");
    },
  };
  return memoryTree({
    '/x.js': { content: script },
    '/y.js': 'y',
    '/var/lib/dpkg/status': 'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
  });
}

test('what was learnt of an image is known without reading it again', async () => {
  const tree = readableFor(1);
  const first = createAnalysis(tree, config);
  const { packages } = await first.packages();
  const facts = await first.factsOf([at('/x.js'), at('/nowhere')]);
  expect(facts.get(at('/x.js'))).toMatchObject([{ kind: 'needs', to: '/y.js' }]);
  const learnt = await first.learnt();
  const memory = JSON.parse(JSON.stringify(learnt)) as typeof learnt;

  const second = createAnalysis(tree, config, { memory });
  expect(await second.factsOf([at('/x.js'), at('/nowhere')])).toEqual(facts);
  expect((await second.packages()).packages).toEqual(packages);
  expect(packages).toHaveLength(1);
  expect(await second.learnt()).toBeUndefined();
  await second.factsOf([at('/y.js')]);
  expect((await second.learnt())?.facts.map(([path]) => path)).toEqual(['/x.js', '/nowhere', '/y.js']);
});

test('what could not be read is not learnt', async () => {
  const analysis = createAnalysis(readableFor(0), config);
  expect((await analysis.factsOf([at('/x.js')])).get(at('/x.js'))).toMatchObject([{ kind: 'unknown' }]);
  expect(await analysis.learnt()).toBeUndefined();
});
