import { describe, expect, it } from 'vitest';
import type { Entry } from '../model/entry.ts';
import { type EntryDraft, layerOf } from '../testing/memory-layer.ts';
import type { OverlayFlavour } from './overlay-attributes.ts';
import { planOverlayLayer } from './overlay-layer.ts';

async function planOf(
  drafts: Readonly<Record<string, EntryDraft>> | readonly (readonly [string, EntryDraft])[],
  flavour: OverlayFlavour = 'root',
  entryLimit = 100,
) {
  const layer = await layerOf(drafts);
  const entries = [];
  for await (const entry of layer.entries()) entries.push(entry);
  return planOverlayLayer(entries, { flavour, entryLimit });
}

const told = ({ members }: { members: readonly Entry[] }) =>
  members.map((entry) => {
    const marks = [...entry.xattrs].map(([name, value]) => ` ${name}=${Buffer.from(value)}`).join('');
    const target = 'target' in entry ? ` -> ${entry.target}` : '';
    const device = 'major' in entry ? ` ${entry.major}:${entry.minor}` : '';
    return `${entry.kind} ${entry.path}${target}${device}${marks}`;
  });

describe('the plan of an unpacked layer', () => {
  it('makes whiteouts into devices 0/0 and opaque marks into attributes', async () => {
    const plan = await planOf({
      '/a': { kind: 'directory' },
      '/a/.wh.b': { kind: 'file' },
      '/c/.wh..wh..opq': { kind: 'file' },
    });
    expect(told(plan)).toEqual([
      'directory /',
      'directory /a',
      'directory /c trusted.overlay.opaque=y',
      'char-device /a/b 0:0',
    ]);
    const rootless = await planOf({ '/c/.wh..wh..opq': { kind: 'file' } }, 'namespace');
    expect(told(rootless)).toContain('directory /c user.overlay.opaque=y');
  });

  it('makes a directory opaque that the same layer removes and brings', async () => {
    const plan = await planOf({ '/.wh.a': { kind: 'file' }, '/a/b': { kind: 'file' } });
    expect(told(plan)).toEqual(['directory /', 'directory /a trusted.overlay.opaque=y', 'file /a/b']);
  });

  it('has each path once, whatever the layer repeats and replaces', async () => {
    const plan = await planOf([
      ['/a', { kind: 'directory' }],
      ['/a/b', { kind: 'file', content: 'first' }],
      ['/a', { kind: 'symlink', target: '/etc' }],
      ['/a', { kind: 'file', content: 'last' }],
    ]);
    expect(told(plan)).toEqual(['directory /', 'file /a']);
  });

  it('never names a path through a link: what goes through one lands where it leads, inside the root', async () => {
    const plan = await planOf([
      ['/a', { kind: 'symlink', target: '/etc' }],
      ['/a/passwd', { kind: 'file' }],
      ['/up', { kind: 'symlink', target: '../../../var' }],
      ['/up/x', { kind: 'file' }],
    ]);
    expect(told(plan).toSorted()).toEqual(
      [
        'directory /',
        'directory /etc',
        'directory /var',
        'symlink /a -> /etc',
        'symlink /up -> ../../../var',
        'file /etc/passwd',
        'file /var/x',
      ].toSorted(),
    );
  });

  it('links names of one object to the first of them, and files come in the order of the tar', async () => {
    const plan = await planOf([
      ['/z', { kind: 'file', content: 'z' }],
      ['/a', { kind: 'file', content: 'a' }],
      ['/b', { kind: 'hardlink', target: '/z' }],
    ]);
    expect(told(plan)).toEqual(['directory /', 'file /z', 'file /a', 'hardlink /b -> /z']);
  });

  it('leaves out what would tell overlayfs where to look, and what a namespace cannot have', async () => {
    const xattrs = new Map([
      ['trusted.overlay.redirect', Buffer.from('/etc')],
      ['user.overlay.opaque', Buffer.from('y')],
      ['trusted.x', Buffer.from('1')],
      ['security.selinux', Buffer.from('1')],
      ['security.capability', Buffer.from('1')],
      ['nonsense', Buffer.from('1')],
    ]);
    const drafts = {
      '/a': { kind: 'file', xattrs },
      '/null': { kind: 'char-device', major: 1, minor: 3 },
      '/zero': { kind: 'char-device', major: 0, minor: 0 },
    } as const;
    const asRoot = await planOf(drafts);
    expect([...(asRoot.members.find(({ path }) => path === '/a')?.xattrs.keys() ?? [])].toSorted()).toEqual([
      'security.capability',
      'security.selinux',
      'trusted.x',
    ]);
    expect(asRoot.omissions).toEqual([
      { path: '/a', reason: 'attribute' },
      { path: '/a', reason: 'overlay-attribute' },
      { path: '/a', reason: 'overlay-attribute' },
      { path: '/zero', reason: 'device-node' },
    ]);
    const rootless = await planOf(drafts, 'namespace');
    expect([...(rootless.members.find(({ path }) => path === '/a')?.xattrs.keys() ?? [])]).toEqual([
      'security.capability',
    ]);
    expect(rootless.omissions.map(({ path }) => path)).toContain('/null');
  });

  it('says when the layers below are needed to tell all', async () => {
    expect((await planOf({ '/a': { kind: 'directory' }, '/a/b': { kind: 'file' } })).needsJoin).toBe(false);
    expect((await planOf({ '/a/b': { kind: 'file' } })).needsJoin).toBe(true);
    expect((await planOf({ '/b': { kind: 'hardlink', target: '/below' } })).needsJoin).toBe(true);
    expect((await planOf({ '/.wh.b': { kind: 'file' } })).needsJoin).toBe(true);
    expect((await planOf({ '/': { kind: 'directory', mode: 0o700 } })).needsJoin).toBe(true);
    expect(await planOf({ '/': { kind: 'directory' } })).toMatchObject({ isEmpty: true, opaqueRoot: false });
    expect(await planOf({ '/.wh..wh..opq': { kind: 'file' } })).toMatchObject({
      isEmpty: false,
      opaqueRoot: true,
    });
  });

  it('refuses a layer with more entries than the limit, and says what raises it', async () => {
    const drafts = { '/a': { kind: 'file' }, '/b': { kind: 'file' } } as const;
    await expect(planOf(drafts, 'root', 1)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('max-old-space-size'),
    });
    await expect(planOf(drafts, 'root', 2)).resolves.toBeDefined();
  });
});
