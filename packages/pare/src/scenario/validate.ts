import * as v from 'valibot';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** Parses a document's value by a form. Throws PareError `usage` that names file, line and key of the first fault. */
export function parseForm<S extends v.GenericSchema>(source: YamlSource, form: S): v.InferOutput<S> {
  const result = v.safeParse(form, source.value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  throw source.fault(path, describe(issue, path), 'docs/scenarios.md has the whole form');
}

function describe(issue: v.BaseIssue<unknown>, path: KeyPath): string {
  const isKey = issue.path?.at(-1)?.origin === 'key';
  if (isKey && issue.expected === 'never') return 'is no key that Pare knows';
  if (isKey) return `is missing (${JSON.stringify(path.at(-1))})`;
  if (issue.kind === 'validation') return issue.message;
  if (issue.expected === 'never' && issue.message.startsWith('expected ')) {
    return `${issue.message}, got ${Array.isArray(issue.input) ? 'a list' : plain(issue.received)}`;
  }
  return `expected ${plain(issue.expected)}, got ${plain(issue.received)}`;
}

/** Valibot names JavaScript's types. */
function plain(type: string | null): string {
  const words: Readonly<Record<string, string>> = {
    Object: 'a mapping',
    Array: 'a list',
    string: 'text',
    number: 'a number',
    boolean: 'true or false',
    null: 'nothing',
    undefined: 'nothing',
  };
  return words[type ?? ''] ?? type ?? 'something else';
}
