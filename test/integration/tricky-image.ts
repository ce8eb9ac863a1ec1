import { randomBytes } from 'node:crypto';
import {
  digestOfStream,
  type Entry,
  type FileTree,
  type Image,
  makeImage,
  parseImagePath,
  type TarWrite,
  whiteoutPath,
  writeTar,
} from '@pare/oci';
import { memoryLayer } from './registry/memory-image.ts';

/** `cap_net_raw=ep`, version 2 (linux/capability.h). */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

const metadata = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: { seconds: 1_600_000_000, nanoseconds: 0 },
  xattrs: new Map(),
};
const file = (path: string, content: Uint8Array | string, more: Partial<Entry> = {}): TarWrite => {
  const bytes = Buffer.from(content);
  return {
    entry: {
      ...metadata,
      ...more,
      kind: 'file',
      path: parseImagePath(path),
      sizeBytes: bytes.length,
    } as Entry,
    content: (async function* () {
      yield bytes;
    })(),
  };
};
const other = (kind: Entry['kind'], path: string, more: object = {}): TarWrite => ({
  entry: { ...metadata, ...more, kind, path: parseImagePath(path) } as Entry,
});

/** An image of two layers with everything that is easily lost: capabilities, xattrs, hardlinks, whiteouts, odd names, times, devices. */
export async function trickyImage(reference: string): Promise<Image> {
  const base = await memoryLayer(
    writeTar([
      other('directory', '/etc'),
      file('/etc/gone', 'gone'),
      file('/etc/kept', 'old'),
      other('directory', '/bin'),
      file('/bin/ping', randomBytes(100_000), {
        xattrs: new Map([['security.capability', capability]]),
        gid: 5,
      }),
      other('hardlink', '/bin/ping6', { target: parseImagePath('/bin/ping') }),
      file('/bin/su', 'su', { mode: 0o4755, uid: 1, gid: 2 }),
    ]),
  );
  const top = await memoryLayer(
    writeTar([
      file(whiteoutPath(parseImagePath('/etc/gone')), ''),
      file('/etc/kept', 'new', { mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 } }),
      file(`/srv/${'long/'.repeat(60)}name`, 'long'),
      file('/srv/caf\udce9', 'latin', { xattrs: new Map([['user.note', Buffer.from([0, 255, 10])]]) }),
      other('symlink', '/srv/link', { target: '../bin/su', mode: 0o777 }),
      other('symlink', '/srv/outside', { target: '/../../../../etc/passwd', mode: 0o777 }),
      other('directory', '/tmp', { mode: 0o1777 }),
      other('directory', '/var/empty', { uid: 1000, gid: 1000 }),
      other('fifo', '/var/fifo', { mode: 0o600 }),
      other('char-device', '/var/null', { mode: 0o666, major: 1, minor: 3 }),
    ]),
  );
  return makeImage({
    reference,
    config: {
      architecture: 'amd64',
      os: 'linux',
      author: randomBytes(8).toString('hex'),
      config: {
        Cmd: ['/bin/su'],
        Env: ['A=b'],
        User: '1:2',
        WorkingDir: '/srv',
        ExposedPorts: { '80/tcp': {} },
        Healthcheck: { Test: ['CMD', '/bin/su'], Interval: 1_000_000_000 },
        Labels: { 'dev.pare.test': 'trips' },
        StopSignal: 'SIGQUIT',
        Volumes: { '/srv/data': {} },
      },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [{ created_by: 'base' }, { created_by: 'env', empty_layer: true }, { created_by: 'top' }],
    },
    layers: [base, top],
  });
}

/** Every entry with all its metadata and the digest of its content. */
export async function describeTree(tree: FileTree): Promise<readonly unknown[]> {
  const described: unknown[] = [];
  for (const entry of tree.entries()) {
    const { layer: _layer, ...rest } = entry;
    if (entry.path === '/') continue;
    if (entry.kind !== 'file') described.push(rest);
    else described.push({ ...rest, content: (await digestOfStream(tree.open(entry))).digest });
  }
  return described;
}
