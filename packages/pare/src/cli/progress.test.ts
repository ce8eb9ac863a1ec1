import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { liveProgress, plainProgress } from './progress.ts';

function recorder() {
  const written: string[] = [];
  return { written, output: { write: (text: string) => written.push(text) } };
}

test('plain progress is a line for each beginning, end and remark', () => {
  const { written, output } = recorder();
  const progress = plainProgress(output);
  const stage = progress.stage('reading');
  stage.update('10 of 20');
  stage.done('20 files');
  progress.stage('writing').failed();
  progress.note('a note');
  progress.warn('careful');
  expect(written).toEqual([
    '… reading\n',
    '✔ reading: 20 files\n',
    '… writing\n',
    '✖ writing\n',
    'a note\n',
    'warning: careful\n',
  ]);
});

test('silent progress shows warnings alone', () => {
  const { written, output } = recorder();
  const progress = plainProgress(output, true);
  progress.stage('reading').done();
  progress.note('a note');
  progress.warn('careful');
  expect(written).toEqual(['warning: careful\n']);
});

test('live progress draws what runs and keeps what ended, with its time', () => {
  const frames: string[] = [];
  const kept: string[] = [];
  let time = 0;
  const screen = Object.assign((text: string) => void frames.push(stripVTControlCharacters(text)), {
    persist: (text: string) => void kept.push(stripVTControlCharacters(text)),
    done: () => undefined,
  });
  const progress = liveProgress(screen, () => time);
  const read = progress.stage('reading');
  const observe = progress.stage('observing');
  expect(frames.at(-1)).toMatch(/^. reading 0\.0 s\n. observing 0\.0 s$/);
  observe.update('probing');
  time = 1500;
  read.done('20 files');
  expect(kept).toEqual(['✔ reading 20 files 1.5 s']);
  expect(frames.at(-1)).toMatch(/^. observing probing 1\.5 s$/);
  observe.failed();
  expect(kept.at(-1)).toBe('✖ observing 1.5 s');
  progress.close();
  expect(frames.at(-1)).toBe('');
});
