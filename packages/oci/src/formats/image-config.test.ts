import { describe, expect, it } from 'vitest';
import { parseImageConfig } from './image-config.ts';

const parse = (value: unknown) => parseImageConfig(Buffer.from(JSON.stringify(value)));
const diffId = `sha256:${'a'.repeat(64)}`;
const least = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } };

describe('parseImageConfig', () => {
  it('fills in what may be absent', () => {
    expect(parse(least)).toEqual({ ...least, config: {}, history: [] });
  });

  it('drops what Docker adds, nulls and empty strings', () => {
    const docker = {
      Hostname: 'x',
      AttachStdin: false,
      User: '',
      Env: null,
      Cmd: ['a'],
      Entrypoint: null,
      Volumes: { '/v': {} },
      OnBuild: null,
      Labels: null,
      ArgsEscaped: true,
    };
    const config = parse({
      ...least,
      container: 'abc',
      docker_version: '20',
      config: docker,
      history: [{ created_by: 'RUN', empty_layer: true }, { comment: 'c' }],
    });
    expect(config.config).toEqual({ Cmd: ['a'], Volumes: { '/v': {} }, ArgsEscaped: true });
    expect(config.history).toEqual([{ created_by: 'RUN', empty_layer: true }, { comment: 'c' }]);
    expect(config).not.toHaveProperty('container');
  });

  it('reads health checks', () => {
    const Healthcheck = { Test: ['CMD-SHELL', 'true'], Interval: 5_000_000_000, Retries: 3 };
    expect(parse({ ...least, config: { Healthcheck } }).config.Healthcheck).toEqual(Healthcheck);
  });

  it.each([
    ['nothing', '', 'corrupt'],
    ['a list', '[]', 'corrupt'],
    ['half a document', '{"architecture":', 'corrupt'],
    ['a manifest', '{"schemaVersion":2,"config":{},"layers":[]}', 'not-an-image'],
    ['a command that is no list', JSON.stringify({ ...least, config: { Cmd: 'sh' } }), 'corrupt'],
    ['a number as user', JSON.stringify({ ...least, config: { User: 0 } }), 'corrupt'],
    [
      'a diffID that climbs',
      JSON.stringify({ ...least, rootfs: { diff_ids: ['sha256:../../etc/passwd'] } }),
      'corrupt',
    ],
    [
      'another digest algorithm',
      JSON.stringify({ ...least, rootfs: { diff_ids: [`sha512:${'a'.repeat(128)}`] } }),
      'unsupported',
    ],
  ])('refuses %s', (_what, text, code) => {
    expect(() => parseImageConfig(Buffer.from(text))).toThrow(expect.objectContaining({ code }));
  });

  it('keeps a label that is named like a member of every object', () => {
    const text = JSON.stringify(least).replace(
      '{',
      '{"config":{"Labels":{"__proto__":"x","constructor":"y"}},',
    );
    const { Labels } = parseImageConfig(Buffer.from(text)).config;
    expect(Object.entries(Labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
