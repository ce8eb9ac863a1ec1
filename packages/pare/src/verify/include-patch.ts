import type { ImagePath } from '@pare/oci';

/**
 * A piece of `pare.yaml` that keeps these paths. They are globs there, so what is special in one is escaped; the quoted form is JSON's,
 * which YAML reads (YAML 1.2, 1.3). A name that is not UTF-8 cannot be written in YAML: a comment tells it.
 */
export function renderIncludePatch(paths: readonly ImagePath[]): string {
  const [writable, others] = [paths.filter(isText), paths.filter((path) => !isText(path))];
  return [
    '# Asked for by the slim image and removed from it. Add this to pare.yaml and build again.',
    ...(writable.length === 0 ? ['keep: {}'] : ['keep:', '  include:']),
    ...writable.map((path) => `    - ${JSON.stringify(path.replaceAll(/[\\*?[\]{}()!+@|]/g, '\\$&'))}`),
    ...others.map((path) => `  # no UTF-8, keep the directory above: ${JSON.stringify(path)}`),
    '',
  ].join('\n');
}

function isText(path: string): boolean {
  return !/\p{Surrogate}/u.test(path);
}
