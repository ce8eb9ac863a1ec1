import type { FileTree, ImagePath } from '@pare/oci';
import type { Package } from '../model/package.ts';
import { countPaths, decodePaths, encodePaths, type PathRuns } from '../model/path-runs.ts';
import type { GeneratedGroup } from './generated-files.ts';
import { packageIndex, sortedById } from './package-index.ts';
import type { ImageSurvey, SurveyAnswers } from './plan-input.ts';
import { type Surveyed, type SurveyedPaths, surveyOf } from './survey.ts';

/** The survey of an image as it is kept for the next run of it. Packages are their places in the order of their IDs. */
export interface SurveyMemory {
  /** What the image was surveyed for, beside its tree and its config. */
  readonly of: string;
  /** From the first path of the tree on: how many have the same owners, and the place of these among the lists of owners. */
  readonly owned: readonly number[];
  /** The first list is empty. */
  readonly ownerLists: readonly (readonly number[])[];
  readonly applicationFiles: PathRuns;
  readonly generated: readonly { readonly owners: readonly number[]; readonly files: PathRuns }[];
  readonly expectedDirectories: PathRuns;
  readonly alternatives: PathRuns;
  readonly applicationLanguages: readonly string[];
  readonly dispensable: readonly { readonly package: number; readonly files: PathRuns }[];
  /** Paths by the families that they set off; most set off none. */
  readonly setOff: readonly { readonly families: readonly number[]; readonly by: PathRuns }[];
}

/** What is to be kept of a survey. */
export function encodeSurvey(survey: ImageSurvey, image: Surveyed): SurveyMemory {
  const { tree } = image;
  const packages = sortedById(image.packages);
  const places = new Map(packages.map((pkg, place) => [pkg, place]));
  const placesOf = (owners: readonly Package[]) => owners.map((owner) => places.get(owner) ?? 0);
  return {
    of: surveyedFor(image, packages),
    ...encodeOwners(survey.index.owners, tree.size, placesOf),
    applicationFiles: encodePaths(survey.applicationFiles, tree),
    generated: survey.generated.map(({ owners, files }) => ({
      owners: placesOf(owners),
      files: encodePaths(files, tree),
    })),
    expectedDirectories: encodePaths(survey.expectedDirectories, tree),
    alternatives: encodePaths(survey.alternatives, tree),
    applicationLanguages: survey.applicationLanguages,
    dispensable: Array.from(survey.answers.dispensable, ([pkg, files]) => ({
      package: places.get(pkg) ?? 0,
      files: encodePaths(files, tree),
    })),
    setOff: encodeSetOff(survey.answers.setOff, tree),
  };
}

/** Whether a survey that was recalled has answered more since. */
export function hasLearnt({ answers }: ImageSurvey, memory: SurveyMemory): boolean {
  return (
    answers.dispensable.size > memory.dispensable.length ||
    answers.setOff.size > memory.setOff.reduce((sum, { by }) => sum + countPaths(by), 0)
  );
}

/**
 * The survey that `encodeSurvey` was given of an equal image; undefined where it was another, or other packages were found in it. Yields
 * wherever it may be left alone for a while.
 */
export function* recallSurvey(
  memory: SurveyMemory,
  image: Surveyed,
): Generator<undefined, ImageSurvey | undefined> {
  const packages = sortedById(image.packages);
  if (memory.of !== surveyedFor(image, packages)) return undefined;
  const applicationFiles = decodePaths(memory.applicationFiles, image.tree);
  const expectedDirectories = decodePaths(memory.expectedDirectories, image.tree);
  const alternatives = decodePaths(memory.alternatives, image.tree);
  const generated = decodeGenerated(memory, image, packages);
  yield;
  const answers = decodeAnswers(memory, image, packages);
  yield;
  if (!applicationFiles || !expectedDirectories || !alternatives || !generated) return undefined;
  const paths: SurveyedPaths = {
    index: packageIndex(image.tree, packages, decodeOwners(memory, image.tree.size, packages)),
    applicationFiles,
    generated,
    expectedDirectories,
    alternatives,
    applicationLanguages: memory.applicationLanguages,
  };
  return surveyOf(image, paths, answers);
}

function surveyedFor({ tree }: Surveyed, packages: readonly Package[]): string {
  return [tree.size, ...packages.map(({ id, files }) => `${id} ${files.length}`)].join('\n');
}

function encodeOwners(
  owners: ImageSurvey['index']['owners'],
  size: number,
  placesOf: (owners: readonly Package[]) => readonly number[],
): Pick<SurveyMemory, 'owned' | 'ownerLists'> {
  const lists = new Map<string, number>([['', 0]]);
  const ownerLists: (readonly number[])[] = [[]];
  const owned: number[] = [];
  let same: number | undefined;
  let count = 0;
  for (let place = 0; place < size; place += 1) {
    const list = placesOf(owners[place] ?? []);
    const key = list.join();
    const known = lists.get(key) ?? ownerLists.push(list) - 1;
    lists.set(key, known);
    if (known === same) {
      count += 1;
      continue;
    }
    if (same !== undefined) owned.push(count, same);
    same = known;
    count = 1;
  }
  if (same !== undefined) owned.push(count, same);
  return { owned, ownerLists };
}

function decodeOwners(
  { owned, ownerLists }: SurveyMemory,
  size: number,
  packages: readonly Package[],
): ImageSurvey['index']['owners'] {
  const lists = ownerLists.map((list) => (list.length === 0 ? undefined : packagesAt(list, packages)));
  const owners: (readonly Package[] | undefined)[] = new Array(size);
  let place = 0;
  for (let at = 0; at < owned.length; at += 2) {
    const end = place + (owned[at] ?? 0);
    owners.fill(lists[owned[at + 1] ?? 0], place, end);
    place = end;
  }
  return owners;
}

function encodeSetOff(setOff: SurveyAnswers['setOff'], tree: FileTree): SurveyMemory['setOff'] {
  const byFamilies = new Map<string, { readonly families: readonly number[]; readonly by: ImagePath[] }>();
  for (const [path, families] of setOff) {
    const key = families.join();
    const group = byFamilies.get(key) ?? { families, by: [] };
    byFamilies.set(key, group);
    group.by.push(path);
  }
  return Array.from(byFamilies.values(), ({ families, by }) => {
    return { families, by: encodePaths(by, tree) };
  });
}

function decodeAnswers(
  { dispensable, setOff }: SurveyMemory,
  { tree }: Surveyed,
  packages: readonly Package[],
): SurveyAnswers {
  const answers: SurveyAnswers = { dispensable: new Map(), setOff: new Map() };
  for (const { package: place, files } of dispensable) {
    const pkg = packages[place];
    if (pkg !== undefined) answers.dispensable.set(pkg, new Set(decodePaths(files, tree)));
  }
  for (const { families, by } of setOff)
    for (const path of decodePaths(by, tree) ?? []) answers.setOff.set(path, families);
  return answers;
}

function decodeGenerated(
  { generated }: SurveyMemory,
  { tree }: Surveyed,
  packages: readonly Package[],
): readonly GeneratedGroup[] | undefined {
  const groups: GeneratedGroup[] = [];
  for (const group of generated) {
    const files: readonly ImagePath[] | undefined = decodePaths(group.files, tree);
    if (files === undefined) return undefined;
    groups.push({ owners: packagesAt(group.owners, packages), files });
  }
  return groups;
}

function packagesAt(places: readonly number[], packages: readonly Package[]): readonly Package[] {
  return places.flatMap((place) => packages[place] ?? []);
}
