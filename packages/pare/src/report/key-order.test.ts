import type { ImagePath } from '@pare/oci';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeepReason } from '../model/keep-reason.ts';
import type { FileUse } from '../model/observation.ts';
import { sampleReport } from './fixtures/sample-report.ts';
import { observationInOrder, planInOrder, withSortedKeys } from './key-order.ts';

const of = '/a' as ImagePath;

/** Each kind with all its keys. */
const wholeReasons: { readonly [Kind in KeepReason['kind']]: Required<Extract<KeepReason, { kind: Kind }>> } =
  {
    observed: { kind: 'observed', accesses: ['read', 'load'], process: 'app', probe: 'GET /' },
    'parent-directory': { kind: 'parent-directory', of },
    'symlink-on-the-way': { kind: 'symlink-on-the-way', to: of },
    'symlink-target': { kind: 'symlink-target', of },
    'hardlink-peer': { kind: 'hardlink-peer', of },
    'elf-interpreter': { kind: 'elf-interpreter', of },
    'elf-needed': { kind: 'elf-needed', of, soname: 'liba.so', through: 'rpath' },
    'elf-dlopen': { kind: 'elf-dlopen', of, name: 'liba.so' },
    shebang: { kind: 'shebang', of },
    'script-command': { kind: 'script-command', of, command: 'sed' },
    'named-in-settings': { kind: 'named-in-settings', of, name: 'mod' },
    import: { kind: 'import', of, name: 'ejs' },
    'image-config': { kind: 'image-config', field: 'command' },
    'application-file': { kind: 'application-file' },
    'package-file': { kind: 'package-file', ecosystem: 'deb', package: 'a', because: of },
    'runtime-family': { kind: 'runtime-family', family: 'node', rule: 'data' },
    shell: { kind: 'shell', of },
    'empty-directory': { kind: 'empty-directory', package: 'a' },
    'directory-skeleton': { kind: 'directory-skeleton' },
    'include-rule': { kind: 'include-rule', pattern: '/a*' },
    'put-back': { kind: 'put-back', round: 1, probe: 'GET /' },
  };
const wholeUse: Required<FileUse> = {
  path: of,
  askedAs: ['/b/../a'],
  accesses: ['write', 'read'],
  existed: true,
  process: 0,
  phase: 'serving',
  probe: 1,
  observedIn: 2,
};

/** The same with its keys set in another order. */
function shuffled<Value extends object>(value: Value): fc.Arbitrary<Value> {
  return fc
    .shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length })
    .map((entries) => Object.fromEntries(entries) as Value);
}
const text = (value: unknown) => JSON.stringify(value, undefined, 2);

test('orders a plan as it orders anything, with reasons of every kind in whatever order their keys were set', () => {
  fc.assert(
    fc.property(fc.tuple(...Object.values(wholeReasons).map(shuffled)), (reasons) => {
      const plan = { ...sampleReport.plan, kept: [{ reasons, path: of }, ...sampleReport.plan.kept] };
      expect(text(planInOrder(plan))).toBe(text(withSortedKeys(plan)));
    }),
  );
});

test('orders a reason of a kind that it does not know', () => {
  const reasons = [{ kind: 'of-tomorrow', z: 1, a: { path: of, kind: 'x' } }] as never;
  const plan = { ...sampleReport.plan, kept: [{ path: of, reasons }] };
  expect(text(planInOrder(plan))).toBe(text(withSortedKeys(plan)));
});

test('orders an observation as it orders anything', () => {
  fc.assert(
    fc.property(shuffled(wholeUse), (use) => {
      const observation = { ...sampleReport.observation, files: [use, ...sampleReport.observation.files] };
      expect(text(observationInOrder(observation))).toBe(text(withSortedKeys(observation)));
    }),
  );
});
