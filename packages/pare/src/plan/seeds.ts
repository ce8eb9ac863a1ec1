import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import { matchSubtree } from './glob.ts';
import { linkedData } from './linked-data.ts';
import { observedRoots } from './observed-roots.ts';
import { isApplicationPackage } from './package-index.ts';
import { matchPackageRules } from './package-rules.ts';
import { itemsUntilPause } from './pauses.ts';
import { keepPath, type Planning } from './planning.ts';
import { skeletonPaths } from './system-paths.ts';
import { enginesOf } from './template-engines.ts';

/** Keeps everything that is kept without regard to facts: where the work list begins. Yields between its parts. */
export function* seed(planning: Planning): Generator<undefined> {
  for (const path of skeletonPaths) {
    // In a tree without merged /usr these are directories full of files; kept by themselves they cost nothing.
    keepPath(planning, path, 'reserve', { kind: 'directory-skeleton' });
  }
  yield;
  seedObserved(planning);
  for (const root of planning.input.configRoots) keepPath(planning, root.path, 'used', root.reason);
  seedPutBack(planning);
  for (const [place, path] of planning.applicationFiles.entries()) {
    if (place % itemsUntilPause === 0) yield;
    seedApplicationFile(planning, path);
  }
  seedTemplateEngines(planning);
  yield;
  if (planning.level !== 'observed') {
    for (const pkg of planning.input.packages.filter(isApplicationPackage)) {
      const manifest = pkg.files[0];
      if (manifest !== undefined) planning.packages.touch([pkg], manifest);
    }
  }
  seedAlternatives(planning);
  yield;
  seedDirectories(planning);
  yield;
  seedIncludes(planning);
  seedPackageRules(planning);
}

/** Keeps what the runs of an image alone say: the observation, and what verification put back. Yields before it. */
export function* seedUse(planning: Planning): Generator<undefined> {
  yield;
  seedObserved(planning);
  seedPutBack(planning);
}

function seedObserved(planning: Planning): void {
  for (const root of observedRoots(planning.input, planning.index)) {
    keepPath(planning, root.path, 'used', root.reason, root.touches);
  }
}

function seedPutBack(planning: Planning): void {
  for (const { path, round, probe } of planning.input.putBack) {
    keepPath(planning, path, 'used', { kind: 'put-back', round, probe });
  }
}

/**
 * Links in node_modules (`.bin/tsc`) point into packages that may not be kept, and git lays samples of hooks in many
 * languages: both stay only where what they lead to does.
 */
function seedApplicationFile(planning: Planning, path: ImagePath): void {
  const isPackageLink = path.includes('/node_modules/') && planning.input.tree.get(path)?.kind === 'symlink';
  if (isPackageLink || path.includes('/.git/')) {
    planning.candidates.offer(
      { reason: { kind: 'application-file' }, limitBytes: 0, free: { kind: 'itself' } },
      [path],
    );
  } else {
    keepPath(planning, path, 'used', { kind: 'application-file' });
    for (const data of linkedData(planning.input.tree, path)) {
      keepPath(planning, data, 'reserve', { kind: 'application-file' });
    }
  }
}

function seedTemplateEngines(planning: Planning): void {
  for (const path of planning.applicationFiles) {
    const engines = enginesOf(path);
    if (engines === undefined) continue;
    const { ecosystem, packages } = engines;
    planning.packages.touch(
      planning.input.packages.filter((pkg) => pkg.ecosystem === ecosystem && packages.includes(pkg.name)),
      path,
    );
  }
}

/** Other names of a program are kept where the program is, at no cost. */
function seedAlternatives(planning: Planning): void {
  if (planning.level === 'observed') return;
  const reason: KeepReason = { kind: 'runtime-family', family: 'alternatives', rule: 'other-names' };
  const { alternatives } = planning.input.survey;
  planning.candidates.offer({ reason, limitBytes: 0, free: { kind: 'none' } }, alternatives);
}

function seedDirectories(planning: Planning): void {
  for (const path of planning.input.survey.expectedDirectories)
    keepPath(planning, path, 'reserve', { kind: 'empty-directory', package: '' });
}

function seedIncludes(planning: Planning): void {
  for (const pattern of planning.input.include) {
    const matches = matchSubtree(pattern);
    let found = false;
    for (const { path } of planning.input.tree.entries()) {
      if (!matches(path)) continue;
      found = true;
      keepPath(planning, path, 'used', { kind: 'include-rule', pattern });
    }
    if (!found) planning.unknowns.add(`the include rule ${pattern} matches nothing in the image`);
  }
}

/** Packages that the user wants whole, whatever the level leaves out of a whole package. */
function seedPackageRules(planning: Planning): void {
  const { packageRules, packages, tree } = planning.input;
  if (packageRules === undefined) return;
  for (const rule of matchPackageRules(packages, packageRules)) {
    if (rule.packages.length === 0)
      planning.unknowns.add(`no installed package matches the rule ${rule.pattern}`);
    for (const path of rule.packages.flatMap(({ files }) => files)) {
      if (tree.get(path) !== undefined)
        keepPath(planning, path, 'used', { kind: 'include-rule', pattern: rule.pattern });
    }
  }
}
