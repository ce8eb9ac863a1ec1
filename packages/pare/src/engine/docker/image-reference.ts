import { PareError } from '../../model/pare-error.ts';

/** What may be in a reference or an image ID (distribution/reference), so that it cannot leave its place in a path. */
const allowed = /^[A-Za-z0-9][A-Za-z0-9._:@/[\]-]*$/;
const longest = 4096;

/** The path of an image in the API. Throws PareError `image-not-found` for what cannot be a reference. */
export function imagePath(reference: string): string {
  const hostile = reference
    .split('/')
    .some((segment) => segment === '' || segment === '.' || segment === '..');
  if (!allowed.test(reference) || hostile || reference.length > longest) {
    throw new PareError(
      'image-not-found',
      `${JSON.stringify(reference.slice(0, 200))} cannot be the name of an image`,
      {
        hint: 'write name[:tag], name@digest, or an image ID',
      },
    );
  }
  return `/images/${reference.split('/').map(encodeURIComponent).join('/')}`;
}

/** Splits `name[:tag]`; the tag is `latest` by default. Throws PareError `usage` for anything else. */
export function parseTag(reference: string): { readonly repository: string; readonly tag: string } {
  const match = /^((?:[^/@]+\/)*[^/:@]+)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?$/.exec(reference);
  if (match?.[1] === undefined || !allowed.test(reference)) {
    throw new PareError('usage', `${JSON.stringify(reference)} cannot be tagged`, {
      hint: 'write name[:tag]',
    });
  }
  return { repository: match[1], tag: match[2] ?? 'latest' };
}
