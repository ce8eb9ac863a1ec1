import type { ImagePath } from '@pare/oci';
import type { Package } from '../model/package.ts';
import { applicationFiles, applicationTest } from './application-files.ts';
import { droppableOf } from './droppable.ts';
import { findAlternatives, findExpectedDirectories } from './expected-paths.ts';
import { families } from './families/list.ts';
import { findGeneratedFiles } from './generated-files.ts';
import { applicationLanguages, catalogueLanguage, languageTest, selectedLocales } from './languages.ts';
import { indexPackages, unownedEntries } from './package-index.ts';
import type { ImageSurvey, PlanInput, SurveyAnswers } from './plan-input.ts';
import { remembered } from './remembered.ts';
import { shadowTest } from './shadowed.ts';
import { prepareFamilies } from './triggered-families.ts';

/** Prepared once: hundreds of globs take longer to compile than a small image takes to plan. Nothing is compiled before it is asked for. */
export const preparedFamilies = prepareFamilies(families);

/** What an image is surveyed for. */
export type Surveyed = Pick<PlanInput, 'tree' | 'config' | 'packages' | 'archivedLocales'>;

/** The part of a survey that takes a look at every path. */
export type SurveyedPaths = Pick<
  ImageSurvey,
  'index' | 'applicationFiles' | 'generated' | 'expectedDirectories' | 'alternatives' | 'applicationLanguages'
>;

/** Surveys an image. Yields wherever it may be left alone for a while. */
export function* surveyImage(image: Surveyed): Generator<undefined, ImageSurvey> {
  const { tree, config, packages } = image;
  const index = yield* indexPackages(tree, packages);
  const unowned = yield* unownedEntries(tree, index);
  // A tree does not know how many layers it was made of; the config does.
  const layerCount = config.rootfs.diff_ids.length;
  const isApplication = applicationTest(config, layerCount, preparedFamilies.isRuntimeTree);
  const own = yield* applicationFiles(unowned, isApplication);
  const isOwn = new Set(own);
  return surveyOf(image, {
    index,
    applicationFiles: own,
    generated: yield* findGeneratedFiles(unowned, index, (path) => isOwn.has(path)),
    expectedDirectories: yield* findExpectedDirectories(tree, unowned),
    alternatives: findAlternatives(tree),
    applicationLanguages: applicationLanguages(own),
  });
}

/** The survey of an image of which all paths have been looked at, and of which some answers may be known. */
export function surveyOf(
  { tree, config, archivedLocales }: Surveyed,
  paths: SurveyedPaths,
  answers: SurveyAnswers = { dispensable: new Map(), setOff: new Map() },
): ImageSurvey {
  let isShadowed: ((path: string) => boolean) | undefined;
  const isDrop = (path: string): boolean => {
    if (preparedFamilies.isDrop(path)) return true;
    isShadowed ??= shadowTest(tree, families);
    return isShadowed(path);
  };
  const hasLanguage = languageTest(tree, config, archivedLocales);
  const dispensableOf = (pkg: Package): ReadonlySet<ImagePath> => {
    const isDroppable = droppableOf(pkg);
    const isSelected = (path: ImagePath) => hasLanguage(catalogueLanguage(path) ?? '');
    return new Set(pkg.files.filter((path) => !isSelected(path) && (isDroppable(path) || isDrop(path))));
  };
  return {
    ...paths,
    localeLanguages: selectedLocales(config).map((name) => name.slice(0, 2)),
    hasLanguage,
    isDrop,
    dispensableOf: remembered(dispensableOf, answers.dispensable),
    setOffBy: remembered(preparedFamilies.triggeredAt, answers.setOff),
    answers,
  };
}
