import type { FileTree, ImageConfig, ImagePath, TreeFile } from '@pare/oci';
import type { Turn } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { Package } from '../model/package.ts';
import type { Analyzer, Catalog, FileFacts, ImageView, ProbedFile } from './analyzer.ts';
import { mapBounded } from './bounded.ts';
import { type CatalogMemory, decodePackages, encodePackages } from './catalog-memory.ts';
import { createImageView } from './image-view.ts';
import { probeFile } from './probe-file.ts';
import { analyzers } from './registry.ts';

/** What static analysis knows of one image. Everything is found out once and remembered. */
export interface Analysis {
  /** All packages of all ecosystems, sorted by id. `turn` is awaited now and then. */
  packages(turn?: Turn): Promise<Catalog>;
  /**
   * The facts of each of these regular files; a path that is no regular file (links are not followed) has none.
   * A file that an analyzer fails on has an `unknown` fact. `turn` is awaited between files. Rejects only when the signal aborts.
   */
  factsOf(paths: readonly ImagePath[], turn?: Turn): Promise<ReadonlyMap<ImagePath, readonly Fact[]>>;
  /** All that can be told again of the same image by the same Pare, once more than before was found out; undefined otherwise. */
  learnt(): Promise<AnalysisMemory | undefined>;
}

/** What analysis found out about an image. What it could not read is not in it: that may have been the disk's fault. */
export interface AnalysisMemory {
  readonly packages: CatalogMemory | undefined;
  readonly facts: readonly (readonly [ImagePath, readonly Fact[]])[];
}

/** Files under way at once: enough to keep the disk busy, few enough for bounded memory. */
const concurrency = 16;

/**
 * Begins the static analysis of an image; reads nothing before it is asked. `memory` is what this Pare learnt of the same image
 * before.
 */
export function createAnalysis(
  tree: FileTree,
  config: ImageConfig,
  options: { readonly signal?: AbortSignal; readonly memory?: AnalysisMemory | undefined } = {},
): Analysis {
  const { signal, memory } = options;
  const view = createImageView(tree, config, signal);
  const remembered = new Map(memory?.facts);
  const found = new Map<ImagePath, Promise<readonly Fact[]>>();
  const prepared = new Map<string, Promise<FileFacts>>();
  let recalled: Promise<Catalog | undefined> | undefined;
  let catalog: Promise<Catalog> | undefined;

  const factsOfFile = async (file: TreeFile, turn: Turn | undefined): Promise<readonly Fact[]> => {
    await turn?.();
    let probed: ProbedFile;
    try {
      probed = await probeFile(view, file);
    } catch (error) {
      signal?.throwIfAborted();
      return [unknown(file.path, 'probe', error)];
    }
    const facts: Fact[] = [];
    for (const { id, files } of analyzers) {
      if (files?.claims(probed) !== true) continue;
      try {
        const preparing = prepared.get(id) ?? files.prepare(view);
        prepared.set(id, preparing);
        facts.push(...(await (await preparing)(probed)));
      } catch (error) {
        signal?.throwIfAborted();
        facts.push(unknown(file.path, id, error));
      }
    }
    return withoutRepetitions(facts);
  };

  const factsOfPath = (path: ImagePath, turn: Turn | undefined): Promise<readonly Fact[]> => {
    const known = found.get(path);
    if (known !== undefined) return known;
    const entry = tree.get(path);
    const facts = entry?.kind === 'file' ? factsOfFile(entry, turn) : Promise.resolve([]);
    found.set(path, facts);
    return facts;
  };

  return {
    async packages(turn) {
      recalled ??= recallCatalog(memory, tree, turn);
      const known = await recalled;
      if (known !== undefined) return known;
      catalog ??= runCatalogers(view, analyzers, { signal, turn });
      return catalog;
    },
    async factsOf(paths, turn) {
      const facts = new Map<ImagePath, readonly Fact[]>();
      const asked = paths.filter((path) => {
        const known = remembered.get(path);
        if (known !== undefined) facts.set(path, known);
        return known === undefined;
      });
      await mapBounded(asked, concurrency, async (path) => {
        facts.set(path, await factsOfPath(path, turn));
      });
      return facts;
    },
    async learnt() {
      const ran = await catalog;
      const whole = ran?.unknowns.length === 0 ? encodePackages(ran.packages, tree) : undefined;
      const packages = catalog === undefined ? memory?.packages : whole;
      const facts = await Promise.all([...found].map(async ([path, told]) => [path, await told] as const));
      const told = facts.filter(([, all]) => !all.some(({ kind }) => kind === 'unknown'));
      if (told.length === 0 && packages === memory?.packages) return undefined;
      return { packages, facts: [...remembered, ...told] };
    },
  };
}

async function recallCatalog(
  memory: AnalysisMemory | undefined,
  tree: FileTree,
  turn: Turn | undefined,
): Promise<Catalog | undefined> {
  const packages =
    memory?.packages === undefined ? undefined : await decodePackages(memory.packages, tree, turn);
  return packages === undefined ? undefined : { packages, unknowns: [] };
}

async function runCatalogers(
  view: ImageView,
  all: readonly Analyzer[],
  { signal, turn }: { readonly signal: AbortSignal | undefined; readonly turn: Turn | undefined },
): Promise<Catalog> {
  const packages = new Map<string, Package>();
  const unknowns: Fact[] = [];
  for (const { id, catalog } of all) {
    if (catalog === undefined) continue;
    signal?.throwIfAborted();
    try {
      await turn?.();
      const found = await catalog(view);
      for (const each of found.packages) if (!packages.has(each.id)) packages.set(each.id, each);
      unknowns.push(...found.unknowns);
    } catch (error) {
      signal?.throwIfAborted();
      unknowns.push(unknown('/' as ImagePath, id, error));
    }
  }
  const byId = (a: Package, b: Package): number => (a.id < b.id ? -1 : 1);
  return { packages: [...packages.values()].sort(byId), unknowns };
}

function unknown(from: ImagePath, analyzer: string, error: unknown): Fact {
  return { kind: 'unknown', from, analyzer, message: error instanceof Error ? error.message : String(error) };
}

/** One fact for each path that a file needs: the first reason is as good as the next. */
function withoutRepetitions(facts: readonly Fact[]): readonly Fact[] {
  const seen = new Set<string>();
  return facts.filter((fact) => {
    const key =
      fact.kind === 'needs'
        ? `needs ${fact.from}\0${fact.to}`
        : fact.kind === 'unknown'
          ? `unknown ${fact.message}`
          : fact.kind;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
