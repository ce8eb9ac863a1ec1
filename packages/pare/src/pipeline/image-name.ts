import { PareError } from '../model/pare-error.ts';

/** Repository names and tags as docker takes them (distribution reference grammar), loosely. */
const referencePattern =
  /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?$/;

/**
 * The slim image's name for a fat image: `my/app:1.2` gives `my/app.slim:1.2`. A digest or an ID has no name of its own:
 * then the first of the image's tags serves. Throws PareError `usage` when there is none.
 */
export function slimName(reference: string, tags: readonly string[]): string {
  const isId = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(reference);
  const named = isId || reference.includes('@') ? tags[0] : reference;
  if (named === undefined) {
    throw new PareError('usage', `${reference} has no name that a slim image could be named after`, {
      hint: 'name it: --tag my/app.slim',
    });
  }
  const [name, tag] = splitTag(named);
  return tag === undefined ? `${name}.slim` : `${name}.slim:${tag}`;
}

/** A reference without its tag. */
export function repositoryOf(reference: string): string {
  return splitTag(reference)[0];
}

/** A reference less what goes without saying (distribution reference grammar): Docker Hub's address and the tag `latest`. */
export function withoutDefaults(reference: string): string {
  return reference.replace(/^(?:docker\.io\/)?(?:library\/)?/, '').replace(/:latest$/, '');
}

/** Throws PareError `usage` for a name that no engine would take. */
export function checkImageName(name: string): void {
  if (referencePattern.test(name)) return;
  throw new PareError('usage', `--tag ${name}: not an image name`, {
    hint: 'use lower-case letters, digits and . _ - /, with an optional :tag',
  });
}

/** A colon after the last slash begins a tag; one before it is a registry's port. */
function splitTag(reference: string): readonly [string, string | undefined] {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/')
    ? [reference.slice(0, colon), reference.slice(colon + 1)]
    : [reference, undefined];
}
