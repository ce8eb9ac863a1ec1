import { describe, expect, it } from 'vitest';
import { parseMount, parseVolume } from './mount-specs.ts';

describe('parseVolume', () => {
  it('tells anonymous volumes, named ones and directories apart', () => {
    expect(parseVolume('/data', '/cwd')).toEqual({ kind: 'anonymous', target: '/data' });
    expect(parseVolume('name:/data:ro', '/cwd')).toEqual({
      kind: 'named',
      volume: 'name',
      bind: 'name:/data:ro',
    });
    expect(parseVolume('/host:/data:ro,z', '/cwd')).toEqual({ kind: 'bind', bind: '/host:/data:ro,z' });
    expect(parseVolume('./x:/data', '/cwd')).toEqual({ kind: 'bind', bind: '/cwd/x:/data' });
    expect(parseVolume('../x:/data:ro', '/a/b')).toEqual({ kind: 'bind', bind: '/a/x:/data:ro' });
  });

  it.each(['', 'data', 'a:b', '/a:b', ':/data', 'bad name:/data', '/a:/b:ro:extra', 'x:/data'])(
    'refuses %j',
    (spec) => {
      expect(() => parseVolume(spec, '/cwd')).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('parseMount', () => {
  it('reads binds, volumes and tmpfs with their options', () => {
    expect(parseMount('type=bind,source=/a,target=/b,readonly,bind-propagation=rslave', '/')).toEqual({
      Type: 'bind',
      Source: '/a',
      Target: '/b',
      ReadOnly: true,
      BindOptions: { Propagation: 'rslave' },
    });
    expect(
      parseMount(
        'src=v,dst=/b,ro=false,volume-nocopy,volume-driver=local,volume-opt=type=nfs,volume-label=a=b',
        '/',
      ),
    ).toEqual({
      Type: 'volume',
      Source: 'v',
      Target: '/b',
      ReadOnly: false,
      VolumeOptions: {
        NoCopy: true,
        DriverConfig: { Name: 'local', Options: { type: 'nfs' } },
        Labels: { a: 'b' },
      },
    });
    expect(parseMount('type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1777', '/')).toEqual({
      Type: 'tmpfs',
      Target: '/t',
      TmpfsOptions: { SizeBytes: 64 * 2 ** 20, Mode: 0o1777 },
    });
  });

  it('reads a quoted field whole', () => {
    expect(parseMount('"source=a""b,c",target=/t,type=volume', '/').Source).toBe('a"b,c');
  });

  it('puts a relative bind source below the working directory', () => {
    expect(parseMount('type=bind,src=./x,dst=/t', '/cwd').Source).toBe('/cwd/x');
  });

  it.each([
    '',
    'target=/t,bogus=1',
    'type=npipe,target=/t',
    'type=bind,target=/t',
    'type=bind,source=name,target=/t',
    'source=/a',
    'target=relative',
    'type=tmpfs,source=/a,target=/t',
    'type=bind,source=/a,target=/t,volume-nocopy',
    'type=tmpfs,target=/t,tmpfs-size=big',
    'type=tmpfs,target=/t,tmpfs-mode=9',
    'target=/t,readonly=maybe',
    'target=/t,"source=a',
    'target=/t,sou"rce=a',
    'target=',
  ])('refuses %j', (spec) => {
    expect(() => parseMount(spec, '/')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
