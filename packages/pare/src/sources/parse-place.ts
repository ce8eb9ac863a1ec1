import { type HostPath, hostPath, OciError, parseRegistryReference } from '@pare/oci';
import type { ImagePlace, ImageSink, ImageSource } from '../model/image-place.ts';
import { PareError } from '../model/pare-error.ts';

const known =
  'docker:NAME, podman:NAME, store:NAME, docker-archive:PATH[:NAME], oci:DIR[:NAME], oci-archive:PATH[:NAME], rootfs:DIR, docker://HOST/NAME';

/** Prefixes of other tools that Pare does not read. */
const foreign: ReadonlySet<string> = new Set([
  'atomic',
  'containers-storage',
  'dir',
  'docker-tarball',
  'ostree',
  'registry',
  'sif',
  'tarball',
]);

/** Reads a source as the user wrote it (docs/sources-and-sinks.md). Throws PareError `usage`. */
export function parseImageSource(text: string): ImageSource {
  const [prefix, rest] = splitPrefix(text);
  if (prefix === 'dockerfile') return { kind: 'dockerfile', path: pathOf(text, rest) };
  return parsePlace(text, prefix, rest) ?? { kind: 'named', reference: plainName(text, prefix, rest) };
}

/** Reads a sink as the user wrote it. Throws PareError `usage`. */
export function parseImageSink(text: string): ImageSink {
  const [prefix, rest] = splitPrefix(text);
  if (prefix === 'dockerfile') {
    throw new PareError('usage', `${text}: an image cannot be written as a Dockerfile`, {
      hint: `write it to one of: ${known}`,
    });
  }
  const sink = parsePlace(text, prefix, rest) ?? { kind: 'named', reference: plainName(text, prefix, rest) };
  if (sink.kind !== 'registry' || sink.reference.digest === undefined) return sink;
  throw new PareError('usage', `${text}: an image is pushed by a tag, not by a digest`, {
    hint: 'leave the digest out: it follows from the image',
  });
}

function parsePlace(text: string, prefix: string | undefined, rest: string): ImagePlace | undefined {
  switch (prefix) {
    case 'docker':
    case 'docker-daemon':
      if (prefix === 'docker' && rest.startsWith('//')) return registryPlace(text, rest.slice(2));
      return { kind: 'engine', engine: 'docker', reference: nameOf(text, rest) };
    case 'podman':
      return { kind: 'engine', engine: 'podman', reference: nameOf(text, rest) };
    case 'store':
      return { kind: 'store', reference: nameOf(text, rest) };
    case 'rootfs':
      return { kind: 'rootfs', path: pathOf(text, rest) };
    case 'docker-archive':
    case 'oci':
    case 'oci-archive':
      return { kind: prefix, ...splitReference(text, rest) };
    default:
      return undefined;
  }
}

function splitPrefix(text: string): readonly [string | undefined, string] {
  const [, prefix, rest = ''] = /^([a-z][a-z-]*):(.*)$/s.exec(text) ?? [];
  return [prefix, rest];
}

/** The path ends at the first colon, as in skopeo, or at a digest's `@`. */
function splitReference(text: string, rest: string): { path: HostPath; reference: string | undefined } {
  const [, path = '', separator, reference] = /^(.*?)(?:(:|@(?=sha256:))(.*))?$/s.exec(rest) ?? [];
  if (separator !== undefined && reference === '') throw malformed(text, 'nothing follows its last colon');
  return { path: pathOf(text, path), reference };
}

function pathOf(text: string, path: string): HostPath {
  if (path === '') throw malformed(text, 'it has no path');
  if (path.includes('\0')) throw malformed(text, 'its path holds a NUL byte');
  return hostPath(path);
}

function nameOf(text: string, name: string): string {
  if (name === '') throw malformed(text, 'it has no name');
  return name;
}

function registryPlace(text: string, name: string): ImagePlace {
  try {
    return { kind: 'registry', reference: parseRegistryReference(name) };
  } catch (error) {
    if (error instanceof OciError) throw malformed(text, error.message, error);
    throw error;
  }
}

/** What has no prefix of ours: an image name may have a tag after its first colon, or a registry's port. */
function plainName(text: string, prefix: string | undefined, rest: string): string {
  if (text === '') throw malformed(text, 'it is empty');
  if (/^[./~]/.test(text)) {
    throw new PareError('usage', `${text} is a path, not an image name`, {
      hint: `say what is there: docker-archive:${text}, oci:${text}, oci-archive:${text} or rootfs:${text}`,
    });
  }
  const isTag = /^\w[\w.-]*(?:@.*)?$/s.test(rest) || /^\d+\//.test(rest);
  if (prefix === undefined || (isTag && !foreign.has(prefix)) || prefix === 'sha256') return text;
  throw new PareError('usage', `${text}: ${prefix}: is no kind of source or sink that Pare knows`, {
    hint: `use a plain image name, or one of: ${known}`,
  });
}

function malformed(text: string, why: string, cause?: unknown): PareError {
  return new PareError('usage', `${text || 'the image'} names no image: ${why}`, {
    hint: `use a plain image name, or one of: ${known}`,
    cause,
  });
}
