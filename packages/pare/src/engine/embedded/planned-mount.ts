import { normalize } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import { type ApiMount, parseMount, parseVolume } from '../docker/mount-specs.ts';

/** One thing that is mounted into a container for the user, for the image, or for Pare. */
export type PlannedMount =
  | {
      readonly kind: 'bind';
      readonly source: HostPath;
      readonly target: string;
      readonly readOnly: boolean;
      /** Whether a directory is made where the source is missing, as `-v` does and `--mount` does not. */
      readonly make: boolean;
    }
  | {
      readonly kind: 'volume';
      /** Undefined: one of its own, which goes with the container. */
      readonly name: string | undefined;
      readonly target: string;
      readonly readOnly: boolean;
      /** Whether an empty volume is filled with what the image has there. */
      readonly copy: boolean;
    }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly options: readonly string[] };

/** Docker's for a tmpfs, unless its options say otherwise. */
const tmpfsDefaults = ['rw', 'nosuid', 'nodev', 'noexec'];

/**
 * What the run options, the image's volumes and Pare's own binds mount, in an order in which no mount hides another; the
 * user's stand before the image's. Throws PareError `usage`.
 */
export function planMounts(
  spec: Pick<ContainerSpec, 'run' | 'binds'>,
  imageVolumes: readonly string[],
  directory: string,
  inherited: readonly PlannedMount[],
): readonly PlannedMount[] {
  const { volumes, mounts, tmpfs = [] } = spec.run;
  const byTarget = new Map<string, PlannedMount>();
  const all: readonly PlannedMount[] = [
    ...imageVolumes.map((target): PlannedMount => anonymousVolume(target)),
    ...inherited,
    ...volumes.map((volume) => volumeMount(volume, directory)),
    ...mounts.map((mount) => apiMount(parseMount(mount, directory))),
    ...tmpfs.map(tmpfsMount),
    ...spec.binds.map(
      ({ source, target, readOnly }): PlannedMount => ({
        kind: 'bind',
        source,
        target,
        readOnly,
        make: false,
      }),
    ),
  ];
  for (const mount of all) {
    const target = normalize(mount.target).replace(/(.)\/$/, '$1');
    if (target === '/') throw new PareError('usage', 'nothing can be mounted over the root of a container');
    byTarget.set(target, { ...mount, target });
  }
  // What lies deeper comes later.
  return [...byTarget.values()].sort((a, b) => depth(a.target) - depth(b.target));
}

function depth(path: string): number {
  return path.split('/').length;
}

function anonymousVolume(target: string): PlannedMount {
  return { kind: 'volume', name: undefined, target, readOnly: false, copy: true };
}

function volumeMount(text: string, directory: string): PlannedMount {
  const volume = parseVolume(text, directory);
  if (volume.kind === 'anonymous') return anonymousVolume(volume.target);
  const [source = '', target = '', words = ''] = volume.bind.split(':');
  const options = words.split(',');
  const readOnly = options.includes('ro');
  if (volume.kind === 'bind') return { kind: 'bind', source: hostPath(source), target, readOnly, make: true };
  return { kind: 'volume', name: source, target, readOnly, copy: !options.includes('nocopy') };
}

function apiMount(mount: ApiMount): PlannedMount {
  const { Target: target, ReadOnly: readOnly = false } = mount;
  switch (mount.Type) {
    case 'bind':
      return { kind: 'bind', source: hostPath(mount.Source ?? ''), target, readOnly, make: false };
    case 'volume': {
      const { DriverConfig: driver, NoCopy: noCopy, Subpath: subpath } = mount.VolumeOptions ?? {};
      const foreign = driver?.Name !== undefined && driver.Name !== 'local';
      if (foreign || driver?.Options !== undefined || subpath !== undefined) {
        throw new PareError('usage', `${target}: the embedded engine has plain volumes only`, {
          hint: 'mount a directory (type=bind), or use --engine docker',
        });
      }
      return { kind: 'volume', name: mount.Source, target, readOnly, copy: noCopy !== true };
    }
    case 'tmpfs': {
      const { SizeBytes: size, Mode: mode } = mount.TmpfsOptions ?? {};
      const options = [
        ...tmpfsDefaults,
        ...(size === undefined ? [] : [`size=${Math.ceil(size / 1024)}k`]),
        ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
        ...(readOnly ? ['ro'] : []),
      ];
      return { kind: 'tmpfs', target, options };
    }
  }
}

/** `target[:options]`, as `docker run --tmpfs`; `exec`, `suid` and `dev` take a default back. */
function tmpfsMount(text: string): PlannedMount {
  const colon = text.indexOf(':');
  const target = colon < 0 ? text : text.slice(0, colon);
  if (!target.startsWith('/'))
    throw new PareError('usage', `cannot mount a tmpfs at ${JSON.stringify(text)}`);
  const given =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(',')
          .filter((option) => option !== '');
  const taken = new Set(given.map((option) => `no${option}`));
  return {
    kind: 'tmpfs',
    target,
    options: [...tmpfsDefaults.filter((option) => !taken.has(option)), ...given],
  };
}
