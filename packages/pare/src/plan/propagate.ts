import type { ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Grounds } from './candidates.ts';
import { isProgramText, wantsFacts } from './facts-wanted.ts';
import { following } from './follow.ts';
import type { Kept } from './keep-set.ts';
import { isOperatingSystemPackage } from './package-index.ts';
import { itemsUntilPause } from './pauses.ts';
import { keepPath, type Planning } from './planning.ts';
import type { PackagePaths } from './touched-packages.ts';
import type { RulePaths } from './triggered-families.ts';

export type FactMap = ReadonlyMap<ImagePath, readonly Fact[]>;

const noFacts: readonly Fact[] = [];

/** What a file of a whole package, or a library loaded by name, may add with all its needs. */
const reserveLimitBytes = 4 * 1024 * 1024;

/**
 * Follows what is kept to what it leads to until nothing more can be done without further facts. Returns the paths
 * whose facts are wanted; none: the set is closed. Yields wherever it may be left alone for a while.
 */
export function* propagate(planning: Planning, facts: FactMap): Generator<undefined, readonly ImagePath[]> {
  for (const path of [...planning.waiting]) {
    const found = facts.get(path);
    const node = planning.kept.get(path);
    if (found === undefined || node === undefined) continue;
    planning.waiting.delete(path);
    applyFacts(planning, found, node);
  }
  while (true) {
    yield* drain(planning, facts);
    const evaluation = planning.candidates.evaluate((file) => factsIfWanted(planning, file, facts));
    const { accepted, wanted } = yield* evaluation;
    let keeping = 0;
    for (const { path, reason } of accepted) {
      if (keeping % itemsUntilPause === 0) yield;
      keeping += 1;
      keepPath(planning, path, 'reserve', reason, false);
    }
    if (accepted.length === 0) return [...new Set([...planning.waiting, ...wanted])].sort();
  }
}

/** Visits changed paths, touched packages and triggered families until none is left. */
function* drain(planning: Planning, facts: FactMap): Generator<undefined> {
  while (true) {
    const changed = planning.kept.takeChanged();
    let visited = 0;
    for (const node of changed) {
      if (visited % itemsUntilPause === 0) yield;
      visited += 1;
      visit(planning, node, facts);
    }
    yield;
    const packagePaths = yield* planning.packages.takePaths();
    for (const each of packagePaths) {
      yield;
      keepPackage(planning, each);
    }
    yield;
    const rulePaths = yield* planning.triggered.takePaths();
    for (const rule of rulePaths) keepRule(planning, rule);
    yield;
    if (planning.level !== 'observed') takeGenerated(planning);
    if (changed.length + packagePaths.length + rulePaths.length === 0) return;
  }
}

function keepPackage(planning: Planning, { package: pkg, reason, empty, kept, offered }: PackagePaths): void {
  const isEmpty: KeepReason = { kind: 'empty-directory', package: pkg.name };
  for (const path of empty) keepPath(planning, path, 'reserve', isEmpty);
  for (const path of kept) keepPath(planning, path, 'reserve', reason);
  offer(planning, { reason, free: { kind: 'package', package: pkg } }, offered);
}

function keepRule(planning: Planning, { reason, paths, limitBytes }: RulePaths): void {
  const offered: ImagePath[] = [];
  for (const path of paths) {
    const entry = planning.input.tree.get(path);
    if (entry?.kind === 'directory') keepPath(planning, path, 'reserve', reason);
    else offered.push(path);
  }
  offer(planning, { reason, limitBytes, free: { kind: 'together', paths: new Set(paths) } }, offered);
}

function takeGenerated(planning: Planning): void {
  for (const path of planning.generated.take(planning.packages.has)) {
    offer(planning, { reason: { kind: 'application-file' }, free: { kind: 'itself' } }, [path]);
  }
}

function offer(
  planning: Planning,
  { limitBytes = reserveLimitBytes, ...grounds }: Omit<Grounds, 'limitBytes'> & Partial<Grounds>,
  paths: readonly ImagePath[],
): void {
  const isBounded = planning.level !== 'packages';
  planning.candidates.offer(
    { ...grounds, limitBytes: isBounded ? limitBytes : Number.POSITIVE_INFINITY },
    paths,
  );
}

/** Does for one new (or newly used) path what only depends on itself. */
function visit(planning: Planning, node: Kept, facts: FactMap): void {
  const { entry, evidence } = node;
  planning.triggered.notice(entry.path, evidence);
  if (entry.kind === 'symlink') {
    keepPath(planning, entry.path, evidence, { kind: 'symlink-target', of: entry.path });
  }
  if (entry.kind !== 'file') return;
  if (planning.level === 'packages') planning.packages.touch(planning.index.ownersOf(entry.path), entry.path);
  if (planning.level !== 'observed') keepPeers(planning, entry);
  const found = factsIfWanted(planning, entry, facts);
  if (found === undefined) planning.waiting.add(entry.path);
  else applyFacts(planning, found, node);
}

/** Further names of an inode that the same package brought cost nothing, and programs ask for them (git, busybox). */
function keepPeers(planning: Planning, file: TreeFile): void {
  if (file.names.length < 2) return;
  const owners = planning.index.ownersOf(file.path).filter(isOperatingSystemPackage);
  for (const peer of file.names) {
    if (peer === file.path || !planning.index.ownersOf(peer).some((owner) => owners.includes(owner)))
      continue;
    keepPath(planning, peer, 'reserve', { kind: 'hardlink-peer', of: file.path });
  }
}

/** The facts of a file; none where they could change nothing; undefined when they must be asked for. */
function factsIfWanted(planning: Planning, file: TreeFile, facts: FactMap): readonly Fact[] | undefined {
  const { path } = file;
  const known = facts.get(path);
  if (known !== undefined) return known;
  return wantsFacts(file, planning.level !== 'observed', planning.isInstalled) ? undefined : noFacts;
}

function applyFacts(planning: Planning, facts: readonly Fact[], from: Kept): void {
  for (const fact of facts) {
    switch (fact.kind) {
      case 'needs':
        follow(planning, fact.to, fact.reason, from);
        break;
      case 'uses-shell':
        if (usesShell(planning, fact.from, from)) {
          keepPath(planning, '/bin/sh' as ImagePath, 'used', { kind: 'shell', of: fact.from });
        }
        break;
      case 'unknown':
        planning.unknowns.add(`${fact.from}: ${fact.analyzer}: ${fact.message}`);
        break;
    }
  }
}

function follow(planning: Planning, to: ImagePath, reason: KeepReason, from: Kept): void {
  // What the base system's libraries load by name is known and has rules: libc alone names libidn2, 2 MB.
  if (reason.kind === 'elf-dlopen' && isOfBaseSystem(planning, from.entry.path)) return;
  switch (following(reason.kind, planning.level, from, to)) {
    case 'keep':
      keepPath(planning, to, from.evidence, reason);
      break;
    case 'offer':
      offer(planning, { reason, free: { kind: 'none' } }, [to]);
      break;
    case 'ignore':
      break;
  }
}

/**
 * Code that starts a shell is evidence for one, where it is the application's own or a program that is used. Libraries,
 * installed modules, the base system and runtimes all could (`system` is in libc, `os.popen` in python's `platform`):
 * there, only the trace counts.
 */
function usesShell(planning: Planning, path: ImagePath, { evidence, isProgram }: Kept): boolean {
  if (planning.level === 'observed' || evidence === 'reserve') return false;
  if (planning.isRuntimeTree(path) || /\.so(\.|$)/.test(path)) return false;
  if (!isProgram && isProgramText(path) && planning.index.ownersOf(path).length > 0) return false;
  return !isOfBaseSystem(planning, path);
}

function isOfBaseSystem(planning: Planning, path: ImagePath): boolean {
  return planning.index.ownersOf(path).some(({ base }) => base);
}
