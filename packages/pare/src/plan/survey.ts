import type { ImagePath } from '@pare/oci';
import { applicationFiles, applicationTest } from './application-files.ts';
import { droppableOf } from './droppable.ts';
import { families } from './families/list.ts';
import { findGeneratedFiles } from './generated-files.ts';
import { applicationLanguages, catalogueLanguage, languageTest, selectedLocales } from './languages.ts';
import { indexPackages } from './package-index.ts';
import type { ImageSurvey, PlanInput } from './plan-input.ts';
import { remembered } from './remembered.ts';
import { shadowTest } from './shadowed.ts';
import { prepareFamilies } from './triggered-families.ts';

/** Prepared once: hundreds of globs take longer to compile than a small image takes to plan. */
export const preparedFamilies = prepareFamilies(families);

/** Surveys an image. Yields wherever it may be left alone for a while. */
export function* surveyImage({
  tree,
  config,
  packages,
  archivedLocales,
}: Pick<PlanInput, 'tree' | 'config' | 'packages' | 'archivedLocales'>): Generator<undefined, ImageSurvey> {
  const index = yield* indexPackages(tree, packages);
  const isShadowed = shadowTest(tree, families);
  const isDrop = (path: string): boolean => preparedFamilies.isDrop(path) || isShadowed(path);
  // A tree does not know how many layers it was made of; the config does.
  const layerCount = config.rootfs.diff_ids.length;
  const isApplication = applicationTest(config, layerCount, preparedFamilies.isRuntimeTree);
  const own = yield* applicationFiles(index, isApplication);
  const isOwn = new Set(own);
  const isApplicationFile = (path: ImagePath) => isOwn.has(path);
  const hasLanguage = languageTest(tree, config, archivedLocales);
  const droppable = remembered(droppableOf);
  return {
    index,
    applicationFiles: own,
    isApplicationFile,
    generated: yield* findGeneratedFiles(index, isApplicationFile),
    applicationLanguages: applicationLanguages(own),
    localeLanguages: selectedLocales(config).map((name) => name.slice(0, 2)),
    hasLanguage,
    isDrop,
    isDispensable: (pkg, path) =>
      !hasLanguage(catalogueLanguage(path) ?? '') && (droppable(pkg)(path) || isDrop(path)),
  };
}
