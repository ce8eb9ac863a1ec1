import type { Digest, ImagePath } from '@pare/oci';
import { expect, test } from 'vitest';
import type { ImageInfo } from '../model/image-info.ts';
import { renderInfo } from './info.ts';

const digest = `sha256:${'ab'.repeat(32)}` as Digest;
const info: ImageInfo = {
  schema: 'pare.info/1',
  reference: 'my/app',
  id: digest,
  tags: ['my/app:1', 'my/app:latest'],
  sizeBytes: 592_000_000,
  files: 44_571,
  config: {
    created: '2026-01-02T03:04:05Z',
    architecture: 'amd64',
    os: 'linux',
    config: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['serve', 'two words'],
      User: 'node',
      ExposedPorts: { '80/tcp': {} },
      Env: ['PATH=/usr/bin', 'DB_PASSWORD=hunter2'],
      Healthcheck: { Test: ['CMD-SHELL', 'curl -f http://localhost'], Interval: 30e9 },
    },
    rootfs: { type: 'layers', diff_ids: [digest, digest] },
    history: [],
  },
  layers: [
    {
      diffId: digest,
      createdBy: `/bin/sh -c #(nop) ADD file:${'0'.repeat(64)} in / `,
      sizeBytes: 117e6,
      files: 5235,
      wastedBytes: 1.69e6,
    },
    {
      diffId: digest,
      createdBy: 'RUN |1 A=b /bin/sh -c make\u001b[2J # buildkit',
      sizeBytes: 475e6,
      files: 9,
      wastedBytes: 0,
    },
  ],
  packages: { deb: 500, npm: 149 },
  wastedBytes: 1.69e6,
  wasted: [
    { path: '/var/log/a\n.log' as ImagePath, sizeBytes: 1.69e6, layer: 0, hiddenBy: 1, how: 'deleted' },
  ],
  dockerfile: '# my/app\nFROM scratch\nENV DB_PASSWORD=hunter2\n',
};

test('renders an image for a person, with secrets masked and control characters spelled', () => {
  expect(renderInfo(info, { color: false, width: 80, unicode: true })).toBe(`
my/app

  id           sha256:abababababab
  tags         my/app:1 my/app:latest
  size         592 MB in 2 layers, 44,571 paths
  platform     linux/amd64, made 2026-01-02
  entrypoint   docker-entrypoint.sh
  command      serve "two words"
  user         node
  directory    /
  ports        80/tcp
  health       --interval=30s CMD curl -f http://localhost
  environment  PATH=/usr/bin
               DB_PASSWORD=•••
  packages     649 (deb 500, npm 149)

Layers (lowest first)

    #       size     files     wasted  made by
    1     117 MB     5,235    1.69 MB  ADD file:000000000000 in /
    2     475 MB         9             RUN make\\u001b[2J

Wasted space (1.69 MB in files that a layer above hides, 0.3 % of the image)

    1.69 MB  /var/log/a\\n.log  layer 1, deleted by 2

Dockerfile

  # my/app
  FROM scratch
  ENV DB_PASSWORD=•••

`);
});

test('renders an image of which next to nothing is known', () => {
  const empty: ImageInfo = {
    ...info,
    tags: [],
    sizeBytes: 0,
    files: 0,
    config: {
      architecture: 'arm64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers: [],
    packages: {},
    wastedBytes: 0,
    wasted: [],
    dockerfile: 'FROM scratch\n',
  };
  const text = renderInfo(empty, { color: false, width: 80 });
  expect(text).toContain('  size         0 B in 0 layers, 0 paths');
  expect(text).toContain('  packages     none found');
  expect(text).not.toContain('Wasted');
});
