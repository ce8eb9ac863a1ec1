import { childPath, type FileTree, type ImagePath, parentOf, type TreeEntry } from '@pare/oci';
import type { AccessKind, FileUse, Observation } from '../model/observation.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { foldDirectories } from './apparmor-fold.ts';
import type { PathExtent } from './apparmor-path.ts';
import type { FileRule, Permission } from './apparmor-rule.ts';

/** What the file rules are made of. */
export interface FileRulesInput {
  readonly observation: Pick<Observation, 'files' | 'processes'>;
  readonly plan: Pick<ReductionPlan, 'kept'>;
  readonly tree: Pick<FileTree, 'get' | 'resolve'>;
}

export interface FileRules {
  readonly programs: readonly FileRule[];
  readonly written: readonly FileRule[];
  readonly read: readonly FileRule[];
}

const SHARED_OBJECT = /\.so(\.\d[\w.]*)?$|\.node$/;
const EXECUTE_BITS = 0o111;
/** Directories that hold programs or settings, so that a file made in one does not make all of it writable. */
const NEVER_WRITABLE_WHOLE = /^\/(etc|usr|bin|sbin|lib\w*|boot|dev|proc|sys)(\/|$)/;

type Permissions = ReadonlySet<Permission>;

const program: Permissions = new Set(['m', 'r', 'ix'] as const);
const library: Permissions = new Set(['m', 'r'] as const);
const data: Permissions = new Set(['r', 'k'] as const);
const written: Permissions = new Set(['r', 'w', 'k', 'l'] as const);
const listed: Permissions = new Set(['r'] as const);
const changed: Permissions = new Set(['w'] as const);
const changeable: Permissions = new Set(['r', 'w'] as const);

/**
 * The file rules of an observation and of what is kept beside it: who runs only what was seen would refuse just those files
 * that were kept because they are loaded lazily. Yields now and then.
 */
export function* fileRules(input: FileRulesInput): Generator<undefined, FileRules> {
  const rules = new RuleSet();
  input.observation.files.forEach((use) => {
    if (!needsRight(use)) return;
    for (const path of pathsOf(use, input.tree)) addUse(rules, use, path, input.tree);
  });
  for (const process of input.observation.processes) {
    if (process.executable !== undefined)
      rules.add(input.tree.resolve(process.executable).path, 'file', program);
  }
  yield;
  input.plan.kept.forEach(({ path }) => {
    const entry = input.tree.get(path);
    if (entry !== undefined) addKept(rules, entry);
  });
  yield;
  return rules.grouped();
}

/** Accesses that need a right where there is a file, and those that need one in any case. */
const reading: ReadonlySet<AccessKind> = new Set(['execute', 'load', 'list', 'read']);
const changing: ReadonlySet<AccessKind> = new Set(['create', 'bind', 'write', 'change', 'remove', 'connect']);

const isReading = (access: AccessKind) => reading.has(access);
const isChanging = (access: AccessKind) => changing.has(access);

/** Most uses are looks in vain, which need no right: their paths are not worth following. */
function needsRight({ accesses, existed }: FileUse): boolean {
  return accesses.some(isChanging) || (existed && accesses.some(isReading));
}

/** What AppArmor sees: the paths without links on the way; `..` is walked as the kernel does, from where a link leads. */
function pathsOf(use: FileUse, tree: FileRulesInput['tree']): ReadonlySet<ImagePath> {
  const walked = (use.askedAs ?? []).map((asked) => {
    let at = '/' as ImagePath;
    for (const segment of asked.split('/')) {
      if (segment === '..') at = parentOf(tree.resolve(at).path);
      else if (segment !== '') at = childPath(at, segment);
    }
    return tree.resolve(at).path;
  });
  return new Set([tree.resolve(use.path).path, ...walked]);
}

function addUse(rules: RuleSet, use: FileUse, path: ImagePath, tree: FileRulesInput['tree']): void {
  const isDirectory = tree.get(path)?.kind === 'directory';
  const did = new Set(use.accesses);
  if (use.existed) {
    if (did.has('execute')) rules.add(path, 'file', program);
    if (did.has('load')) rules.add(path, 'file', library);
    if (did.has('list') || (isDirectory && did.has('read'))) rules.add(path, 'directory', listed);
    else if (did.has('read')) rules.add(path, 'file', data);
  }
  if (did.has('create') || did.has('bind')) addCreated(rules, path, tree, isDirectory);
  if (did.has('write') || did.has('change') || did.has('remove') || did.has('connect')) {
    rules.add(path, isDirectory ? 'directory' : 'file', isDirectory ? changed : written);
  }
}

/** A new file's name may be another one the next time, so its directory is writable where that is not a danger. */
function addCreated(
  rules: RuleSet,
  path: ImagePath,
  tree: FileRulesInput['tree'],
  isDirectory: boolean,
): void {
  rules.add(path, isDirectory ? 'directory' : 'file', isDirectory ? changed : written);
  const directory = path.slice(0, path.lastIndexOf('/'));
  if (directory === '' || NEVER_WRITABLE_WHOLE.test(directory) || tree.get(path) !== undefined) return;
  rules.add(directory, 'directory', changeable);
  rules.add(directory, 'below', written);
}

function addKept(rules: RuleSet, entry: TreeEntry): void {
  if (entry.kind === 'directory') rules.add(entry.path, 'directory', listed);
  if (entry.kind !== 'file') return;
  if (SHARED_OBJECT.test(entry.path)) rules.add(entry.path, 'file', library);
  else if ((entry.mode & EXECUTE_BITS) !== 0) rules.add(entry.path, 'file', program);
  else rules.add(entry.path, 'file', data);
}

class RuleSet {
  readonly #rules: Readonly<Record<PathExtent, Map<string, FileRule>>> = {
    file: new Map(),
    directory: new Map(),
    below: new Map(),
  };

  add(path: string, extent: PathExtent, permissions: Permissions): void {
    const rules = this.#rules[extent];
    const known = rules.get(path)?.permissions;
    if (known === permissions) return;
    const all = known === undefined ? permissions : new Set([...known, ...permissions]);
    rules.set(path, { path, extent, permissions: all });
  }

  grouped(): FileRules {
    const programs: FileRule[] = [];
    const written: FileRule[] = [];
    const read: FileRule[] = [];
    const put = (rule: FileRule) => {
      const { permissions } = rule;
      if (permissions.has('w')) written.push(rule);
      else if (permissions.has('ix') || permissions.has('m')) programs.push(rule);
      else read.push(rule);
    };
    for (const rules of Object.values(this.#rules)) rules.forEach(put);
    return { programs, written, read: foldDirectories(read) };
  }
}
