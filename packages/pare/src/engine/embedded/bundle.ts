import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { LayerDirectories } from '../../ports/image-store.ts';
import { cgroupDirectories } from './cgroups.ts';
import type { PlannedPorts } from './container-ports.ts';
import { type EmbeddedHost, kernelIsAtLeast } from './host.ts';
import type { Keeper } from './keeper.ts';
import { openPipe } from './output-pipes.ts';
import { isNetworkParameter } from './runtime-spec.ts';

/** A bundle that a container is about to be made in. */
export interface Bundle {
  readonly directory: HostPath;
  /** Of the container. */
  readonly id: string;
  readonly layers: LayerDirectories;
}

/** Makes a bundle's directory. What is done at once here and below takes less time than a turn of the event loop. */
export function makeBundle(directory: HostPath): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of ['root', 'rw', 'rw/upper', 'rw/work', 'l']) mkdirSync(join(directory, name));
}

/**
 * Writes down the cgroups that a container will have, has its keeper mount everything of its bundle, and opens the pipes of its output. Throws
 * PareError `engine-failed`.
 */
export async function openBundle(
  { directory, id, layers: { directories, userxattr } }: Bundle,
  {
    spec,
    ports,
    host,
  }: { readonly spec: ContainerSpec; readonly ports: PlannedPorts; readonly host: EmbeddedHost },
  keeper: Keeper,
  signal: AbortSignal | undefined,
) {
  const cgroups = cgroupDirectories(host.cgroups, host.hierarchies, id);
  writeFileSync(join(directory, 'cgroups'), cgroups.join('\n'));
  for (const [index, layer] of directories.entries()) symlinkSync(layer, join(directory, 'l', String(index)));
  // Links with short names: all options of a mount are in one page of memory (mount(2)).
  const lower = directories.map((_, index) => `l/${index}`).reverse();
  const overlay = [
    `lowerdir=${lower.join(':')}`,
    'upperdir=rw/upper',
    'workdir=rw/work',
    'index=off',
    ...(userxattr ? ['userxattr'] : []),
    // What a container wrote goes with it: there is nothing to bring safely to the disk.
    ...(kernelIsAtLeast(5, 10) ? ['volatile'] : []),
  ];
  await keeper.open(
    {
      directory,
      id,
      overlay: overlay.join(','),
      sysctls: networkParameters(spec),
      ports: [...new Set([...ports.socketPorts, ...ports.wantedPorts.map((one) => one.containerPort)])],
    },
    signal,
  );
  return { stdout: openPipe(directory, 'stdout'), stderr: openPipe(directory, 'stderr') };
}

/** Kernel parameters of the network namespace, which is the keeper's, as paths below /proc/sys. */
function networkParameters({ run }: ContainerSpec): readonly string[] {
  return (run.sysctls ?? []).filter(isNetworkParameter).map((text) => {
    const [name = '', ...value] = text.split('=');
    return `${name.replaceAll('.', '/')}=${value.join('=').trim().replaceAll(/\s+/g, ',')}`;
  });
}
