import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath, type ImageConfig } from '@pare/oci';
import { type ApplicationUser, resolveUser } from '../../model/application-user.ts';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { ImageStore, LayerDirectories } from '../../ports/image-store.ts';
import { cgroupDirectories, cgroupName } from './cgroups.ts';
import { claim } from './claims.ts';
import { EmbeddedContainer } from './container.ts';
import { openContainerLog } from './container-log.ts';
import { type NetworkContext, type NetworkPlan, planNetwork } from './container-network.ts';
import { networkSysctls, writeInterface } from './embedded-network.ts';
import { type EmbeddedHost, kernelIsAtLeast } from './host.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { type HostEntry, parseAddHost, renderHosts, renderResolver, writeNameFiles } from './name-files.ts';
import { readTextInRoot } from './open-in-root.ts';
import { openPipes } from './output-pipes.ts';
import { removeBundle } from './owned.ts';
import { type PlannedMount, planMounts } from './planned-mount.ts';
import { planPublished, type WantedPort } from './publish.ts';
import { isNetworkParameter, planProcess, planRuntimeSpec, type RuntimeSpecInput } from './runtime-spec.ts';
import { openUndoList } from './undo-list.ts';
import { type PreparedMounts, prepareMounts, removeVolume } from './volumes.ts';

/** What all containers of one engine share. */
export interface CreateContext extends NetworkContext {
  readonly host: EmbeddedHost;
  readonly store: ImageStore;
  readonly runId: string;
  /** Where bundles and volumes are. */
  readonly containers: HostPath;
  readonly volumes: HostPath;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
  readonly onDisposed: (container: EmbeddedContainer) => void;
}

/** Docker's gateway, which an isolated container cannot reach. */
const gateway = '172.17.0.1';

/**
 * Makes a container: its directory, its keeper with everything mounted, its volumes and its runtime spec. Only the runtime
 * is left to start. When it fails or is aborted nothing of it stays.
 */
export async function createEmbeddedContainer(
  spec: ContainerSpec,
  context: CreateContext,
  signal?: AbortSignal,
): Promise<EmbeddedContainer> {
  await using undo = openUndoList();
  const { host, store } = context;
  const network = await planNetwork(spec, context);
  const config = await readConfig(store, spec.image);
  const wanted = network.publishes ? planPublished(publishedPorts(spec, config)) : [];
  const socketPorts = network.publishes ? spec.publishLoopback.flatMap(tcpPort) : [];
  const layers = await store.layerDirectories(spec.image, signal);
  undo.add(async () => layers[Symbol.asyncDispose]());
  const id = randomBytes(32).toString('hex');
  const name = id.slice(0, 12);
  const bundle = hostPath(join(context.containers, name));
  await claim(context.containers, name, context.runId);
  const remove = () => removeBundle(context.containers, name);
  undo.add(remove);
  await layOut(bundle, layers, context, id);
  const [keeper, [stdout, stderr]] = await inOrder(
    startKeeperOf(
      bundle,
      id,
      network,
      layers,
      context,
      spec,
      [...socketPorts, ...wanted.map((one) => one.containerPort)],
      signal,
    ),
    openPipes(bundle, ['stdout', 'stderr'], host.path),
  );
  undo.add(async () => keeper[Symbol.asyncDispose]());
  if (stdout === undefined || stderr === undefined) throw new Error('there are two pipes');
  const pipes = { stdout, stderr };
  undo.add(() => Object.values(pipes).forEach(closePipe));
  const log = openContainerLog(bundle);
  undo.add(() => log.close());

  const root = hostPath(`/proc/${keeper.pid}/root${bundle}/root`);
  const mounts = await mountsOf(spec, config, root, context);
  undo.add(() => Promise.all(mounts.made.map((name) => removeVolume(context.volumes, name))).then(() => {}));
  const hostname = spec.run.hostname ?? network.hostname ?? id.slice(0, 12);
  const names = await joinNetwork(spec, network, keeper, hostname, bundle);
  undo.add(names.leave);
  const input: RuntimeSpecInput = {
    spec,
    config,
    host,
    user: userOf(spec, config, root, host),
    hostname,
    mounts: [
      ...names.mounts.filter((one) => !mounts.mounts.some((other) => other.destination === one.destination)),
      ...mounts.mounts,
    ],
    hostNetwork: network.keeper.kind === 'host',
    root: hostPath(join(bundle, 'root')),
    cgroup: cgroupName(host.cgroups, id),
    defaultSeccomp: context.defaultSeccomp,
  };
  await writeFile(join(bundle, 'config.json'), JSON.stringify(planRuntimeSpec(input)));
  signal?.throwIfAborted();
  // From here on all of it is the container's.
  undo.keep();
  return new EmbeddedContainer({
    id,
    hostname,
    host,
    bundle,
    keeper,
    pipes,
    log,
    process: planProcess(input),
    remove,
    layers,
    volumes: context.volumes,
    made: mounts.made,
    shared: mounts.shared,
    members: network.members,
    addName: names.addName,
    leave: names.leave,
    socketPorts,
    hostPorts: network.keeper.kind === 'host' ? spec.publishLoopback.flatMap(tcpPort) : [],
    wantedPorts: wanted,
    proxied: socketPorts.length + wanted.length > 0,
    healthcheck: spec.disableHealthcheck ? undefined : config.config.Healthcheck,
    shell: config.config.Shell ?? ['/bin/sh', '-c'],
    onDisposed: context.onDisposed,
  });
}

async function readConfig(store: ImageStore, reference: string): Promise<ImageConfig> {
  await using image = await store.open(reference);
  return image.config;
}

/** Both or neither: what the one made is undone when the other fails. */
async function inOrder<A extends AsyncDisposable, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') {
    await a.value[Symbol.asyncDispose]();
    throw b.reason;
  }
  return [a.value, b.value];
}

/** Makes a bundle's directories, and writes down the cgroups that its container will have. */
async function layOut(
  bundle: HostPath,
  { directories }: LayerDirectories,
  { host }: CreateContext,
  id: string,
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

function startKeeperOf(
  bundle: HostPath,
  id: string,
  network: NetworkPlan,
  { directories, userxattr }: LayerDirectories,
  { host }: CreateContext,
  spec: ContainerSpec,
  ports: readonly number[],
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
  return startKeeper(
    {
      host,
      bundle,
      id,
      network: network.keeper,
      overlay: overlay.join(','),
      sysctls: networkSysctls,
      ownSysctls: networkParameters(spec),
      ports: [...new Set(ports)],
      hideUnified: host.runtime.kind === 'crun' && host.cgroups.kind === 'v1',
    },
    signal,
  );
}

function mountsOf(
  spec: ContainerSpec,
  config: ImageConfig,
  root: HostPath,
  context: CreateContext,
): Promise<PreparedMounts> {
  const inherited = spec.run.volumesFrom.flatMap((reference) => {
    const [name = '', mode] = reference.split(':');
    const other = context.findContainer(name);
    if (other === undefined) {
      throw new PareError('usage', `--volumes-from ${reference}: the embedded engine has no such container`);
    }
    return other.shared.map(
      (mount): PlannedMount =>
        mount.kind === 'tmpfs' ? mount : { ...mount, readOnly: mount.readOnly || mode === 'ro' },
    );
  });
  const planned = planMounts(spec, Object.keys(config.config.Volumes ?? {}), context.directory, inherited);
  return prepareMounts(planned, root, {
    directory: context.volumes,
    runId: context.runId,
    path: context.host.path,
  });
}

/** Throws PareError `image-invalid` for a user that the image, or the user namespace, does not have. */
function userOf(
  spec: ContainerSpec,
  config: ImageConfig,
  root: HostPath,
  host: EmbeddedHost,
): ApplicationUser {
  const wanted = spec.user ?? spec.run.user ?? config.config.User ?? '';
  const user = resolveUser(wanted, readTextInRoot(root, 'etc/passwd'), readTextInRoot(root, 'etc/group'));
  const highest = Math.max(user.uid, user.gid);
  if (highest <= host.highestId) return user;
  throw new PareError('image-invalid', `user ${user.uid}:${user.gid} is not in Pare's user namespace`, {
    hint: 'install uidmap (newuidmap) and give your user a range in /etc/subuid and /etc/subgid, or run as root',
  });
}

async function joinNetwork(
  spec: ContainerSpec,
  { members, names, hosts }: NetworkPlan,
  keeper: Keeper,
  hostname: string,
  bundle: HostPath,
) {
  const own = spec.run.addHosts.map((text): HostEntry => parseAddHost(text, gateway));
  const text = hosts ?? renderHosts([]);
  const mounts = await writeNameFiles(bundle, {
    hosts: hosts === undefined ? text : text + renderHosts(own).slice(renderHosts([]).length),
    resolver: await renderResolver(spec.run),
    hostname,
  });
  const nothing = async () => {};
  if (members === undefined) return { mounts, leave: nothing, addName: nothing };
  const file = hostPath(join(bundle, 'hosts'));
  const all = [hostname, ...names];
  let leave = await members.add(all, file, own, keeper.addressed);
  return {
    mounts,
    leave: () => leave(),
    async addName(name: string) {
      all.push(name);
      leave = await members.add(all, file, own, keeper.addressed);
    },
  };
}

function publishedPorts(spec: ContainerSpec, { config }: ImageConfig): readonly string[] {
  const exposed = [...Object.keys(config.ExposedPorts ?? {}), ...spec.run.expose];
  const all = spec.run.publishAll ? exposed.filter((port) => !/\/(udp|sctp)$/.test(port)) : [];
  return [...spec.run.publish, ...all];
}

/** Kernel parameters of the network namespace, which is the keeper's, as paths below /proc/sys. */
function networkParameters({ run }: ContainerSpec): readonly string[] {
  return (run.sysctls ?? []).filter(isNetworkParameter).map((text) => {
    const [name = '', ...value] = text.split('=');
    return `${name.replaceAll('.', '/')}=${value.join('=').trim().replaceAll(/\s+/g, ',')}`;
  });
}

function tcpPort(port: string): readonly WantedPort['containerPort'][] {
  const [number, protocol = 'tcp'] = port.split('/');
  return protocol === 'tcp' ? [Number(number)] : [];
}

function closePipe(pipe: { closeWriter(): void; readonly reader: { destroy(): unknown } }): void {
  pipe.closeWriter();
  pipe.reader.destroy();
}
