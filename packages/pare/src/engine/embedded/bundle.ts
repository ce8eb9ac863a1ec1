import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { LayerDirectories } from '../../ports/image-store.ts';
import { cgroupDirectories } from './cgroups.ts';
import type { NetworkPlan } from './container-network.ts';
import type { PlannedPorts } from './container-ports.ts';
import type { CreateContext } from './create-context.ts';
import { networkSysctls, startOwnKeeper, writeInterface } from './embedded-network.ts';
import { kernelIsAtLeast } from './host.ts';
import type { Keeper } from './keeper.ts';
import { type OutputPipe, openPipes } from './output-pipes.ts';
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
  const cgroups = await cgroupDirectories(host.cgroups, id);
  await writeFile(join(bundle, 'cgroups'), cgroups.join('\n'));
  await Promise.all([
    mkdir(join(bundle, 'root')),
    mkdir(join(bundle, 'rw/upper'), { recursive: true }),
    mkdir(join(bundle, 'rw/work'), { recursive: true }),
    mkdir(join(bundle, 'l')).then(() =>
      Promise.all(directories.map((layer, index) => symlink(layer, join(bundle, 'l', String(index))))),
    ),
    writeInterface(bundle),
  ]);
}

/** Starts the keeper of a container, with everything mounted, and opens the pipes of its output. */
export async function openBundle(
  bundle: Bundle,
  plan: { readonly spec: ContainerSpec; readonly network: NetworkPlan; readonly ports: PlannedPorts },
  context: CreateContext,
  signal: AbortSignal | undefined,
) {
  const [keeper, [stdout, stderr]] = await both(
    startKeeperOf(bundle, plan, context, signal),
    openPipes(bundle.directory, ['stdout', 'stderr'], context.host.path),
  );
  if (stdout === undefined || stderr === undefined) throw new Error('there are two pipes');
  return { keeper, pipes: { stdout, stderr } };
}

/** Both or neither: what the one made is undone when the other fails. */
async function both(
  starting: Promise<Keeper>,
  opening: Promise<readonly OutputPipe[]>,
): Promise<[Keeper, readonly OutputPipe[]]> {
  const [keeper, pipes] = await Promise.allSettled([starting, opening]);
  if (keeper.status === 'fulfilled' && pipes.status === 'fulfilled') return [keeper.value, pipes.value];
  if (keeper.status === 'fulfilled') await keeper.value[Symbol.asyncDispose]();
  if (pipes.status === 'fulfilled') for (const pipe of pipes.value) pipe.close();
  throw keeper.status === 'rejected' ? keeper.reason : (pipes as PromiseRejectedResult).reason;
}

function startKeeperOf(
  { directory: bundle, id, layers: { directories, userxattr } }: Bundle,
  {
    spec,
    network,
    ports,
  }: { readonly spec: ContainerSpec; readonly network: NetworkPlan; readonly ports: PlannedPorts },
  { host }: CreateContext,
  signal: AbortSignal | undefined,
): Promise<Keeper> {
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
  return startOwnKeeper(
    {
      host,
      bundle,
      id,
      network: network.keeper,
      overlay: overlay.join(','),
      sysctls: networkSysctls,
      ownSysctls: networkParameters(spec),
      ports: [...new Set([...ports.socketPorts, ...ports.wantedPorts.map((one) => one.containerPort)])],
      hideUnified: host.runtime.kind === 'crun',
    },
    network.outlet,
    signal,
  );
}

/** Kernel parameters of the network namespace, which is the keeper's, as paths below /proc/sys. */
function networkParameters({ run }: ContainerSpec): readonly string[] {
  return (run.sysctls ?? []).filter(isNetworkParameter).map((text) => {
    const [name = '', ...value] = text.split('=');
    return `${name.replaceAll('.', '/')}=${value.join('=').trim().replaceAll(/\s+/g, ',')}`;
  });
}
