import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { entryRoom, hostPath, IMAGE_ROOT, type ImagePath, planLinkedLayer, planPlainLinks } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { ImageParts, LinkedDirectories, StageOptions } from '../ports/image-store.ts';
import { keepLinks } from './kept-links.ts';
import { makeLinks } from './make-links.ts';
import { runTool } from './run-tool.ts';
import type { StoreLayout } from './store-layout.ts';
import type { StoreThread } from './store-thread.ts';
import { makeTemporary } from './temporary.ts';
import { extractLayer } from './unpack-layer.ts';
import type { UnpackedContents } from './unpacked-contents.ts';

/** Where files come from, and what is made, in the temporary directory; names inside are those of the tar. */
const sources = '/l' as ImagePath;
const made = '/files' as ImagePath;

type LinkOptions = StageOptions & {
  readonly thread: StoreThread;
  /** Finds what is to be linked; undefined where one is not there. */
  readonly find: (parts: ImageParts) => Promise<UnpackedContents | undefined>;
};

/**
 * Makes the directory that a layer with these paths of an image would be unpacked to, as hardlinks to the unpacked layers of that
 * image, or what it has beside what is `under` it. Undefined where one cannot be linked to. Throws PareError `disk-full`.
 */
export async function linkLayer(
  layout: StoreLayout,
  parts: ImageParts,
  { under, ...options }: LinkOptions & { readonly under?: LinkedDirectories | undefined },
): Promise<LinkedDirectories | undefined> {
  const paths = new Set(parts.paths);
  if (under === undefined || ![...under.paths].every((path) => paths.has(path)))
    return linkPaths(layout, parts, options);
  const rest = parts.paths.filter((path) => !under.paths.has(path));
  if (rest.length === 0) {
    options.onHandedOver?.();
    return { ...under, async [Symbol.asyncDispose]() {} };
  }
  // overlayfs shows the uppermost directory's metadata: only of the root are they not made with what is below it.
  const root = paths.has(IMAGE_ROOT) && under.paths.has(IMAGE_ROOT) ? [IMAGE_ROOT] : [];
  const over = await linkPaths(layout, { ...parts, paths: [...root, ...rest] }, options);
  return (
    over && {
      ...over,
      directories: [...under.directories, ...over.directories],
      leftOut: [...under.leftOut, ...over.leftOut],
      paths,
    }
  );
}

async function linkPaths(
  layout: StoreLayout,
  parts: ImageParts,
  options: LinkOptions,
): Promise<LinkedDirectories | undefined> {
  const contents = await options.find(parts);
  if (contents === undefined) return undefined;
  const { unpacker } = contents;
  const temporary = await makeTemporary(layout.temporary);
  try {
    mkdirSync(join(temporary.directory, made), { mode: 0o755 });
    const making = { parts, contents, temporary: temporary.directory, options };
    const leftOut = (await linkPlainly(making)) ?? (await extractLinks(making));
    if (options.keep === true && leftOut.length === 0) {
      const kept = await keepLinks({ layout, unpacker, signal: options.signal }, parts, temporary);
      if (kept !== undefined) return kept;
    }
    return {
      directories: [hostPath(join(temporary.directory, made))],
      userxattr: unpacker.kind === 'namespace',
      leftOut,
      paths: new Set(parts.paths),
      async [Symbol.asyncDispose]() {
        // Thousands of links: a program of its own keeps that off this thread. What it leaves is removed in the usual way.
        await runTool('rm', ['-rf', '--', temporary.directory]);
        await temporary[Symbol.asyncDispose]();
        await options.thread.rest();
      },
    };
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    await options.thread.rest();
    // A layer that was removed meanwhile, or a file that has all the links that it can have (link(2), EMLINK).
    if (error instanceof PareError && error.code === 'engine-failed') return undefined;
    throw error;
  }
}

interface Making {
  readonly parts: ImageParts;
  readonly contents: UnpackedContents;
  readonly temporary: string;
  readonly options: LinkOptions;
}

/** What cannot be linked stays away. Undefined, with nothing made, where it takes more than links, or another user than this process. */
async function linkPlainly({
  parts,
  contents: { fileOf, unpacker },
  temporary,
  options: { onHandedOver, signal, thread, turn },
}: Making): Promise<LinkedDirectories['leftOut'] | undefined> {
  if (unpacker.prefix.length > 0 || parts.paths.length > entryRoom()) return undefined;
  const nameOf = (path: ImagePath) => `${temporary}${made}${path === IMAGE_ROOT ? '' : path}`;
  const order = async () => {
    const plain = await planPlainLinks({ ...parts, flavour: unpacker.kind, sourceOf: fileOf, nameOf, turn });
    if (plain === undefined) return undefined;
    const directories = plain.directories.map(({ path, mode, uid, gid, mtime }) => {
      return { place: nameOf(path), mode, uid, gid, mtimeSeconds: mtime.seconds };
    });
    return { directories, links: plain.links };
  };
  const done = await makeLinks(order, { expectedPaths: parts.paths.length, onHandedOver, signal, thread });
  return done === 'made' ? [] : undefined;
}

async function extractLinks({
  parts,
  contents: { places, unpacker },
  temporary,
  options: { onHandedOver, signal, turn },
}: Making): Promise<LinkedDirectories['leftOut']> {
  mkdirSync(join(temporary, sources));
  for (const [index, place] of places.entries()) symlinkSync(place, join(temporary, sources, String(index)));
  const planned = await planLinkedLayer({
    ...parts,
    flavour: unpacker.kind,
    entryLimit: entryRoom(),
    below: made,
    ...(turn === undefined ? {} : { turn }),
    sourceOf: ({ layer, path }) => `${sources}/${layer}${path}` as ImagePath,
  });
  const tar = thenCall(planned.tar, onHandedOver);
  await extractLayer(tar, temporary, { what: `a slim image's layer`, unpacker, signal });
  rmSync(join(temporary, sources), { recursive: true });
  return planned.omissions;
}

async function* thenCall<Item>(items: AsyncIterable<Item>, atEnd: (() => void) | undefined) {
  yield* items;
  atEnd?.();
}
