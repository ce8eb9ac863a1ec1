import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  entryRoom,
  type HostPath,
  hostPath,
  type Layer,
  type LayerEntry,
  type OverlayOmission,
  overlayTar,
  planOverlayLayer,
  readLayerIndex,
} from '@pare/oci';
import * as v from 'valibot';
import { PareError } from '../model/pare-error.ts';
import { runTool, saysDiskFull } from './run-tool.ts';
import { makeTemporary } from './temporary.ts';
import type { Unpacker } from './user-namespace.ts';

const noteSchema = v.object({
  version: v.literal(1),
  needsJoin: v.boolean(),
  isEmpty: v.boolean(),
  opaqueRoot: v.boolean(),
  /** The sizes of all its files. */
  contentBytes: v.number(),
  leftOut: v.array(
    v.object({
      path: v.string(),
      reason: v.picklist(['device-node', 'overlay-attribute', 'attribute']),
    }),
  ),
  /** The boot in which it was unpacked (random(4), boot_id). */
  boot: v.string(),
});

/** What is known of an unpacked layer. */
export type LayerNote = v.InferOutput<typeof noteSchema>;

const noteName = 'layer.json';
const contentName = 'files';
const xattrWarning = /Cannot set '.*' (?:extended attribute|ACL)/;

/** The directory for overlayfs inside an unpacked layer's own. */
export function contentDirectory(place: HostPath): HostPath {
  return hostPath(join(place, contentName));
}

/**
 * Unpacks a layer to `place`, whole or not at all. What GNU tar is given is made by `planOverlayLayer`: clean names, each once,
 * none through a link. When another process has put the same layer there meanwhile, that one stays.
 * Throws OciError on a bad layer, PareError `engine-failed` or `disk-full` when tar cannot write.
 */
export async function unpackLayer(
  layer: Layer,
  place: HostPath,
  options: {
    readonly unpacker: Unpacker;
    readonly temporary: HostPath;
    readonly signal: AbortSignal | undefined;
  },
): Promise<LayerNote> {
  const { unpacker, signal } = options;
  const entries = (await readLayerIndex(layer, { signal })).entries();
  // Of more entries memory is what would run out: tar and overlayfs could take them.
  const plan = await planOverlayLayer(entries, { flavour: unpacker.kind, entryLimit: entryRoom() });
  await using temporary = await makeTemporary(options.temporary);
  const files = join(temporary.directory, contentName);
  await mkdir(files, { mode: 0o755 });
  // A layer out of the store checks itself before it gives a byte.
  const tar = overlayTar(layer, plan.members, { signal, checked: layer.blob !== undefined });
  const warned = await extractLayer(tar, files, { what: `layer ${layer.diffId}`, unpacker, signal });
  const note: LayerNote = {
    version: 1,
    needsJoin: plan.needsJoin,
    isEmpty: plan.isEmpty,
    opaqueRoot: plan.opaqueRoot,
    contentBytes: fileBytes(entries),
    leftOut: [...plan.omissions.map(tellOmission), ...warned],
    boot: bootId(),
  };
  await writeFile(join(temporary.directory, noteName), JSON.stringify(note));
  await mkdir(join(place, '..'), { recursive: true, mode: 0o700 });
  await moveToPlace(temporary.directory, place, options.temporary);
  return note;
}

/** The sizes of all files of a layer. */
export function fileBytes(entries: readonly LayerEntry[]): number {
  return entries.reduce((sum, entry) => (entry.kind === 'file' ? sum + entry.sizeBytes : sum), 0);
}

async function moveToPlace(made: HostPath, place: HostPath, temporaries: HostPath): Promise<void> {
  try {
    await rename(made, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    if (readLayerNote(place) !== undefined) return;
    // Something that cannot be trusted is in the way: a directory of an earlier boot.
    await using old = await makeTemporary(temporaries);
    await rename(place, join(old.directory, 'old'));
    await moveToPlace(made, place, temporaries);
  }
}

/**
 * What is known of a layer that is unpacked at `place`; undefined when it is not, or when the machine may have gone down before
 * its files were on the disk: syncing each would take longer than unpacking anew. Read at once: in turns of a busy event loop an image of ten
 * layers would take half a second.
 */
export function readLayerNote(place: HostPath): LayerNote | undefined {
  const text = readIfThere(join(place, noteName));
  if (text === undefined) return undefined;
  const parsed = v.safeParse(noteSchema, parseOrUndefined(text));
  if (!parsed.success) return undefined;
  const note = parsed.output;
  return note.boot === bootId() ? note : undefined;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Which boot of the machine this is (random(4)). */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** Names that are no UTF-8 are told with escapes. */
function tellOmission({ path, reason }: OverlayOmission): LayerNote['leftOut'][number] {
  const escaped = path.replaceAll(
    /[\udc80-\udcff]/g,
    (unit) => `\\x${(unit.charCodeAt(0) - 0xdc00).toString(16)}`,
  );
  return { path: escaped, reason };
}

/** Unpacks a planned layer's tar; returns the attributes that the file system did not take. Throws PareError. */
export async function extractLayer(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  {
    what,
    unpacker,
    signal,
  }: { readonly what: string; readonly unpacker: Unpacker; readonly signal: AbortSignal | undefined },
): Promise<LayerNote['leftOut']> {
  const command = [
    ...unpacker.prefix,
    'tar',
    '--extract',
    '--file=-',
    `--directory=${directory}`,
    '--numeric-owner',
    '--same-owner',
    '--same-permissions',
    '--delay-directory-restore',
    '--xattrs',
    '--xattrs-include=*',
    '--warning=no-timestamp',
  ];
  const [program = 'tar', ...args] = command;
  const { code, stderr } = await runTool(program, args, { input: tar, signal });
  if (code === 0) {
    const refused = stderr.split('\n').filter((line) => xattrWarning.test(line));
    return refused.map((line) => ({ path: line.slice(0, 4096), reason: 'attribute' as const }));
  }
  signal?.throwIfAborted();
  const details = stderr.trim().split('\n').slice(-5);
  if (saysDiskFull(stderr)) {
    throw new PareError('disk-full', `no space is left to unpack ${what}`, {
      hint: 'free some space, or point XDG_DATA_HOME to a larger disk',
      details,
    });
  }
  throw new PareError('engine-failed', `tar could not unpack ${what} (exit code ${code})`, {
    hint: 'GNU tar is needed; on a rootless system the image may have user IDs above the range of /etc/subuid',
    details,
  });
}
