import { basename } from 'node:path';
import type { Image } from '@pare/oci';
import type { PlainSource } from '../sources/open-source.ts';

/** An archive's image has its own name there; else the file or the directory names it. */
export function nameOfSource(source: PlainSource, image: Image): string | undefined {
  if (source.kind === 'registry') {
    const { host, repository, tag } = source.reference;
    const where = host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
    return tag === undefined ? where : `${where}:${tag}`;
  }
  const own = 'reference' in source ? (source.reference ?? image.reference) : undefined;
  if (source.kind === 'docker-archive' && own !== undefined && own !== source.path) return own;
  return nameOfPath(source.path);
}

/** The last part of a path as an image name; undefined where nothing of it could be one. */
export function nameOfPath(path: string): string | undefined {
  const name = basename(path === '.' || path === './' ? process.cwd() : path)
    .replace(/\.(?:tar|tgz|tar\.gz|tar\.zst|oci|docker)$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? undefined : name;
}
