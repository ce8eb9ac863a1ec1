import {
  type FileTree,
  type ImagePath,
  OciError,
  type Resolution,
  type TreeEntry,
  type TreeFile,
} from '@pare/oci';

/** Content of a file in a memory tree: text, bytes, or something that gives ranges of it on demand. */
export type MemoryContent =
  | string
  | Uint8Array
  | {
      readonly sizeBytes: number;
      readonly readRange: (start: number, lengthBytes: number) => Promise<Uint8Array>;
    };

interface Attributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly layer?: number;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** What one path of a memory tree is. Text and bytes alone are a regular file of mode 0644. */
export type MemoryEntry =
  | string
  | Uint8Array
  | ({ readonly content: MemoryContent } & Attributes)
  | ({ readonly symlink: string } & Attributes)
  | ({ readonly hardlink: string } & Attributes)
  | ({ readonly directory: true } & Attributes);

const linkLimit = 40;

/**
 * A file tree made of literals, for unit tests. Missing parent directories are made. Paths are absolute and
 * normalised; a hardlink names another path of the same literal.
 */
export function memoryTree(literal: Readonly<Record<string, MemoryEntry>>): FileTree {
  return new MemoryTree(literal);
}

function isContent(entry: MemoryEntry): entry is string | Uint8Array {
  return typeof entry === 'string' || entry instanceof Uint8Array;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

class MemoryTree implements FileTree {
  readonly size: number;
  readonly sizeBytes: number;
  readonly #entries = new Map<string, TreeEntry>();
  readonly #children = new Map<string, ImagePath[]>();
  readonly #contents = new Map<string, MemoryContent>();

  constructor(literal: Readonly<Record<string, MemoryEntry>>) {
    const names = hardlinkNames(literal);
    const made = new Map<string, TreeEntry>();
    let sizeBytes = 0;
    for (const [path, given] of Object.entries(literal)) {
      const source = !isContent(given) && 'hardlink' in given ? literal[given.hardlink] : given;
      if (source === undefined) throw new Error(`${path}: a hardlink to a path that is not in the literal`);
      const attributes: Attributes = isContent(source) ? {} : source;
      const base = {
        path: path as ImagePath,
        mode: attributes.mode ?? 0o644,
        uid: attributes.uid ?? 0,
        gid: attributes.gid ?? 0,
        mtime: { seconds: 0, nanoseconds: 0 },
        xattrs: attributes.xattrs ?? new Map<string, Uint8Array>(),
        layer: attributes.layer ?? 0,
      };
      if (!isContent(source) && 'directory' in source) {
        made.set(path, { ...base, kind: 'directory', mode: attributes.mode ?? 0o755 });
      } else if (!isContent(source) && 'symlink' in source) {
        made.set(path, { ...base, kind: 'symlink', mode: 0o777, target: source.symlink });
      } else if (isContent(source) || 'content' in source) {
        const content = isContent(source) ? source : source.content;
        const size = contentSize(content);
        this.#contents.set(path, content);
        made.set(path, {
          ...base,
          kind: 'file',
          sizeBytes: size,
          names: names.get(path) ?? [],
        });
        if (source === given) sizeBytes += size;
      }
    }
    addParents(made);
    for (const path of [...made.keys()].sort()) {
      const entry = made.get(path);
      if (entry === undefined) continue;
      this.#entries.set(path, entry);
      if (path === '/') continue;
      const siblings = this.#children.get(parentOf(path));
      if (siblings === undefined) this.#children.set(parentOf(path), [entry.path]);
      else siblings.push(entry.path);
    }
    this.size = this.#entries.size;
    this.sizeBytes = sizeBytes;
  }

  get(path: ImagePath): TreeEntry | undefined {
    return this.#entries.get(path);
  }

  placeOf(path: ImagePath): number | undefined {
    const place = [...this.#entries.keys()].indexOf(path);
    return place === -1 ? undefined : place;
  }

  get paths(): readonly ImagePath[] {
    return [...this.#entries.values()].map(({ path }) => path);
  }

  entryAt(place: number): TreeEntry | undefined {
    return [...this.#entries.values()][place];
  }

  ofKind(kind: TreeEntry['kind']): readonly TreeEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === kind);
  }

  resolve(path: ImagePath, options?: { readonly nofollow?: boolean }): Resolution {
    const links: ImagePath[] = [];
    let pending = path.split('/').filter((segment) => segment !== '');
    let at = '';
    while (true) {
      const segment = pending.shift();
      if (segment === undefined) break;
      if (segment === '.' || segment === '') continue;
      if (segment === '..') {
        at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
        continue;
      }
      const next = `${at}/${segment}`;
      const entry = this.#entries.get(next);
      if (entry?.kind !== 'symlink' || (pending.length === 0 && options?.nofollow === true)) {
        at = next;
        continue;
      }
      links.push(entry.path);
      if (links.length > linkLimit) return { entry: undefined, path: next as ImagePath, links };
      if (entry.target.startsWith('/')) at = '';
      pending = [...entry.target.split('/'), ...pending];
    }
    const end = (at === '' ? '/' : at) as ImagePath;
    return { entry: this.#entries.get(end), path: end, links };
  }

  entries(): Iterable<TreeEntry> {
    return this.#entries.values();
  }

  list(path: ImagePath): readonly ImagePath[] {
    return this.#children.get(path) ?? [];
  }

  *below(path: ImagePath): Iterable<TreeEntry> {
    const prefix = path === '/' ? '/' : `${path}/`;
    for (const entry of this.#entries.values()) {
      if (entry.path !== '/' && entry.path.startsWith(prefix)) yield entry;
    }
  }

  async *open(
    file: TreeFile,
    range?: { readonly start: number; readonly lengthBytes: number },
  ): AsyncIterable<Uint8Array> {
    const start = range?.start ?? 0;
    const lengthBytes = Math.max(0, Math.min(range?.lengthBytes ?? file.sizeBytes, file.sizeBytes - start));
    if (lengthBytes === 0) return;
    const content = this.#contents.get(file.path);
    if (content === undefined) throw new OciError('not-found', `${file.path} is not in this tree`);
    if (isBytes(content)) yield asBytes(content).subarray(start, start + lengthBytes);
    else yield await content.readRange(start, lengthBytes);
  }

  async read(file: TreeFile, limitBytes = 16 * 1024 * 1024): Promise<Uint8Array> {
    if (file.sizeBytes > limitBytes)
      throw new OciError('too-large', `${file.path} is larger than ${limitBytes} bytes`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.open(file)) chunks.push(chunk);
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }
}

function isBytes(content: MemoryContent): content is string | Uint8Array {
  return typeof content === 'string' || content instanceof Uint8Array;
}

function asBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

function contentSize(content: MemoryContent): number {
  return isBytes(content) ? asBytes(content).length : content.sizeBytes;
}

function hardlinkNames(literal: Readonly<Record<string, MemoryEntry>>): Map<string, readonly ImagePath[]> {
  const groups = new Map<string, string[]>();
  for (const [path, entry] of Object.entries(literal)) {
    if (isContent(entry) || !('hardlink' in entry)) continue;
    const group = groups.get(entry.hardlink) ?? [entry.hardlink];
    group.push(path);
    groups.set(entry.hardlink, group);
  }
  const names = new Map<string, readonly ImagePath[]>();
  for (const group of groups.values()) {
    const sorted = group.sort() as ImagePath[];
    for (const path of sorted) names.set(path, sorted);
  }
  return names;
}

function addParents(made: Map<string, TreeEntry>): void {
  for (const path of [...made.keys(), '/']) {
    for (let parent = path; !made.has(parent) || parent === path; parent = parentOf(parent)) {
      if (!made.has(parent)) {
        made.set(parent, {
          kind: 'directory',
          path: parent as ImagePath,
          mode: 0o755,
          uid: 0,
          gid: 0,
          mtime: { seconds: 0, nanoseconds: 0 },
          xattrs: new Map(),
          layer: 0,
        });
      }
      if (parent === '/') break;
    }
  }
}
