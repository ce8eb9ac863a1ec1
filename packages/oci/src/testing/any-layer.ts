import fc from 'fast-check';
import type { LayerEntry } from '../model/entry.ts';
import { layerIndex } from '../model/layer-index.ts';
import { comparePaths, type ImagePath, parseImagePath } from '../model/path.ts';

/** Few, so that they meet: what sorts between others, is no UTF-8, is no ASCII, and stands on both sides of the surrogates. */
const names = ['a', 'a', 'b', 'b', 'c', 'a-b', 'a\n', '\udcff', '\u00e9', '\ue000', '\u{1f600}'];
const path = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((segments) => parseImagePath(segments.join('/')));
const kind = fc.constantFrom(
  ...['file', 'file', 'file', 'directory', 'directory', 'directory', 'symlink', 'symlink'],
  ...['hardlink', 'hardlink', 'whiteout', 'whiteout', 'opaque', 'opaque', 'fifo', 'char-device'],
);
const content = fc.option(
  fc.record({
    offset: fc.nat(),
    segments: fc.array(fc.record({ start: fc.nat(), lengthBytes: fc.nat() }), { maxLength: 2 }),
  }),
  { nil: undefined },
);
const xattrs = fc
  .option(fc.uint8Array({ maxLength: 3 }), { nil: undefined })
  .map((value) => new Map(value === undefined ? [] : [['user.a', Buffer.from(value)]]));

/** Entries in any order, names that come twice and lead anywhere. */
export const wildEntries = fc.array(
  fc.record({
    kind,
    path,
    target: path,
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.nat(),
    gid: fc.nat(),
    mtime: fc.record({ seconds: fc.maxSafeInteger(), nanoseconds: fc.nat(999_999_999) }),
    xattrs,
    sizeBytes: fc.nat(99),
    content,
    major: fc.nat(),
    minor: fc.nat(),
  }),
  { maxLength: 8 },
) as unknown as fc.Arbitrary<readonly LayerEntry[]>;

/** As engines write layers: each path once, with its directories before it. */
export const tidyEntries = wildEntries.map((entries): readonly LayerEntry[] => {
  const told = new Map<ImagePath, LayerEntry>();
  const marks = entries.filter((entry) => entry.kind === 'whiteout');
  for (const entry of entries) {
    if (entry.kind === 'whiteout' || entry.kind === 'opaque' || entry.kind === 'hardlink') continue;
    const segments = entry.path.split('/');
    const above = segments.slice(1, -1).map((_, at) => segments.slice(0, at + 2).join('/') as ImagePath);
    if (above.some((each) => (told.get(each) ?? { kind: 'directory' }).kind !== 'directory')) continue;
    for (const each of above) told.set(each, { ...entry, kind: 'directory', path: each });
    if (!told.has(entry.path)) told.set(entry.path, entry);
  }
  const named = [...told.values()].sort((one, other) => comparePaths(one.path, other.path));
  const file = named.find((entry) => entry.kind === 'file');
  const link = entries.find((entry) => entry.kind === 'hardlink');
  const links: readonly LayerEntry[] =
    file === undefined || link === undefined
      ? []
      : [{ ...link, path: parseImagePath('/link'), target: file.path }];
  const rest = [...links, ...marks];
  return [...named, ...rest.filter((each) => layerIndex([...named, each]).parents !== undefined)];
});
