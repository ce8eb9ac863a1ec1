import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { LayerDirectories } from '../../ports/image-store.ts';
import { cgroupDirectories } from './cgroups.ts';
import type { PlannedPorts } from './container-ports.ts';
import type { CreateContext } from './create-context.ts';
import { kernelIsAtLeast } from './host.ts';
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

/** Makes a bundle's directories, and writes down the cgroups that its container will have. */
export async function layOut(
  { directory: bundle, id, layers: { directories } }: Bundle,
  { host }: CreateContext,
): Promise<void> {
  await mkdir(bundle, { recursive: true, mode: 0o700 });
  const cgroups = cgroupDirectories(host.cgroups, host.hierarchies, id);
  await writeFile(join(bundle, 'cgroups'), cgroups.join('\n'));
  await Promise.all([
    mkdir(join(bundle, 'root')),
    mkdir(join(bundle, 'rw/upper'), { recursive: true }),
    mkdir(join(bundle, 'rw/work'), { recursive: true }),
    mkdir(join(bundle, 'l')).then(() =>
      Promise.all(directories.map((layer, index) => symlink(layer, join(bundle, 'l', String(index))))),
    ),
  ]);
}

/** Has a keeper mount everything of a bundle, and opens the pipes of its output. */
export async function openBundle(
  { directory, id, layers: { directories, userxattr } }: Bundle,
  { spec, ports }: { readonly spec: ContainerSpec; readonly ports: PlannedPorts },
  keeper: Keeper,
  signal: AbortSignal | undefined,
) {
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
