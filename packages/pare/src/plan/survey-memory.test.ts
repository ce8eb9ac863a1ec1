import type { FileTree, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import type { Package } from '../model/package.ts';
import type { ImageSurvey } from './plan-input.ts';
import { type Surveyed, surveyImage } from './survey.ts';
import { encodeSurvey, hasLearnt, recallSurvey } from './survey-memory.ts';
import { installed, planInput } from './testing/plan-case.ts';

const tree = memoryTree({
  '/app/locale/de/app.po': 'x',
  '/app/main.js': 'x',
  '/bin/bash': 'x',
  '/bin/sh': 'x',
  '/etc/alternatives/tool': { symlink: '/usr/bin/a' },
  '/srv/data': { directory: true },
  '/usr/bin/a': 'x',
  '/usr/bin/b': 'x',
  '/usr/bin/tool': { symlink: '/etc/alternatives/tool' },
  '/usr/lib/loaders/a.so': 'x',
  '/usr/lib/loaders/loaders.cache': 'made',
  '/usr/share/doc/a/copyright': 'x',
});
const at = (path: string) => path as ImagePath;
const a = installed('deb', 'a', [
  '/usr',
  '/usr/bin',
  '/usr/bin/a',
  '/usr/lib/loaders',
  '/usr/lib/loaders/a.so',
  '/usr/share/doc/a/copyright',
]);
const b = installed('deb', 'b', ['/usr', '/usr/bin', '/usr/bin/b']);

function imageOf(packages: readonly Package[], of: FileTree = tree): Surveyed {
  const { config } = planInput(of, {});
  return { tree: of, config, packages };
}

/** Everything that a survey tells, of every path. */
function told(survey: ImageSurvey) {
  const { index, applicationFiles, generated, expectedDirectories, alternatives } = survey;
  return {
    owners: tree.paths.map((path) => index.ownersOf(path)),
    above: tree.paths.map((path) => index.directoryOwnersOf(path)),
    byId: [...index.byId],
    dispensable: [a, b].map((pkg) => [...survey.dispensableOf(pkg)]),
    setOff: tree.paths.map((path) => survey.setOffBy(path)),
    languages: [survey.applicationLanguages, survey.localeLanguages, survey.hasLanguage('de')],
    applicationFiles,
    generated,
    expectedDirectories,
    alternatives,
  };
}

describe('a survey that is kept', () => {
  // As JSON, which is what it is kept as.
  const survey = runToEnd(surveyImage(imageOf([a, b])));
  survey.dispensableOf(a);
  survey.setOffBy(at('/bin/sh'));
  survey.setOffBy(at('/bin/bash'));
  const memory = JSON.parse(JSON.stringify(encodeSurvey(survey, imageOf([a, b]))));

  it('tells the same of an equal image, in whatever order its packages come', () => {
    const expected = told(survey);
    expect(expected.applicationFiles).toEqual(['/app/locale/de/app.po', '/app/main.js']);
    expect(expected.alternatives).toEqual(['/usr/bin/tool']);
    expect(expected.generated).toContainEqual({ owners: [a], files: ['/usr/lib/loaders/loaders.cache'] });
    expect(expected.expectedDirectories).toContain('/srv/data');
    for (const packages of [
      [a, b],
      [b, a],
    ]) {
      const recalled = runToEnd(recallSurvey(memory, imageOf(packages)));
      expect(recalled && told(recalled)).toEqual(expected);
    }
  });

  it('knows what it has answered, and whether that is more than was kept', () => {
    const more: readonly ((recalled: ImageSurvey) => unknown)[] = [
      ({ dispensableOf }) => dispensableOf(b),
      ({ setOffBy }) => setOffBy(at('/usr/bin/a')),
    ];
    for (const ask of more) {
      const recalled = runToEnd(recallSurvey(memory, imageOf([a, b])));
      if (recalled === undefined) throw new Error('it is of the same image');
      expect([...recalled.dispensableOf(a)]).toEqual(['/usr/share/doc/a/copyright']);
      expect(recalled.setOffBy(at('/bin/sh'))).toEqual(survey.setOffBy(at('/bin/sh')));
      expect(hasLearnt(recalled, memory)).toBe(false);
      ask(recalled);
      expect(hasLearnt(recalled, memory)).toBe(true);
    }
  });

  it('is none of an image with other paths or packages', () => {
    const smaller = memoryTree({ '/usr/bin/a': 'x' });
    expect(runToEnd(recallSurvey(memory, imageOf([a, b], smaller)))).toBeUndefined();
    expect(runToEnd(recallSurvey(memory, imageOf([a])))).toBeUndefined();
    expect(runToEnd(recallSurvey(memory, imageOf([a, { ...b, files: b.files.slice(1) }])))).toBeUndefined();
  });
});
