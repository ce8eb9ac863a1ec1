import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath, type ImageConfig } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { ImageStore, LayerDirectories } from '../../ports/image-store.ts';
import { makeBundle, openBundle } from './bundle.ts';
import { cgroupName } from './cgroups.ts';
import { claim } from './claims.ts';
import { EmbeddedContainer } from './container.ts';
import { openContainerLog } from './container-log.ts';
import { mountsOf } from './container-mounts.ts';
import { planNetwork } from './container-network.ts';
import { planPorts } from './container-ports.ts';
import { userOf } from './container-user.ts';
import type { CreateContext } from './create-context.ts';
import { startKeeperOf } from './embedded-network.ts';
import { joinNetwork } from './join-network.ts';
import { removeBundle } from './owned.ts';
import { planProcess, planRuntimeSpec, type RuntimeSpecInput } from './runtime-spec.ts';
import { openUndoList } from './undo-list.ts';
import { removeVolume } from './volumes.ts';

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
  const { host, runId, spares } = context;
  const network = await planNetwork(spec, context);
  const id = randomBytes(32).toString('hex');
  const name = id.slice(0, 12);
  const directory = hostPath(join(context.containers, name));
  claim(context.containers, name, runId);
  const remove = () => removeBundle(context.containers, name);
  undo.add(remove);
  makeBundle(directory);
  // The keeper gets ready while the layers are looked for, or unpacked.
  const finding = findContent(spec, context, signal);
  undo.add(() => disposeOf(finding.layers));
  const { keeper: namespace, outlet } = network;
  const starting = startKeeperOf({ host, runId, spares, network: namespace, outlet, directory }, signal);
  undo.add(() => disposeOf(starting));
  const [config, layers, keeper] = await Promise.all([finding.config, finding.layers, starting]);
  signal?.throwIfAborted();
  const ports = planPorts(spec, config, network);
  const hostname = spec.run.hostname ?? network.hostname ?? name;
  const opening = openBundle({ directory, id, layers }, { spec, ports, host }, keeper, signal);
  undo.add(async () => {
    const opened = await opening.catch(() => undefined);
    for (const pipe of Object.values(opened ?? {})) pipe.close();
  });
  const joining = joinNetwork(spec, network, keeper, hostname, directory);
  undo.add(async () => (await joining.catch(() => undefined))?.leave());
  const [pipes, names] = await Promise.all([opening, joining]);
  const log = openContainerLog(directory);
  undo.add(() => log.close());

  const root = hostPath(`/proc/${keeper.pid}/root${directory}/root`);
  const { made, shared, mounts } = await mountsOf(spec, config, root, context);
  undo.add(() => Promise.all(made.map((volume) => removeVolume(context.volumes, volume))).then(() => {}));
  const isGiven = (destination: string) => mounts.some((mount) => mount.destination === destination);
  const input: RuntimeSpecInput = {
    spec,
    config,
    host,
    user: userOf(spec, config, root, host),
    hostname,
    mounts: [...names.mounts.filter(({ destination }) => !isGiven(destination)), ...mounts],
    hostNetwork: network.keeper.kind === 'host',
    root: hostPath(join(directory, 'root')),
    cgroup: cgroupName(host.cgroups, id),
    defaultSeccomp: context.defaultSeccomp,
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(planRuntimeSpec(input)));
  signal?.throwIfAborted();
  // From here on all of it is the container's.
  undo.keep();
  const { volumes, onDisposed } = context;
  const { members, ledOutBy } = network;
  const { addName, leave } = names;
  const owned = {
    keeper,
    pipes,
    log,
    layers,
    volumes,
    made,
    shared,
    members,
    ledOutBy,
    addName,
    leave,
    remove,
  };
  const healthcheck = spec.disableHealthcheck ? undefined : config.config.Healthcheck;
  return new EmbeddedContainer({
    ...{ id, hostname, host, bundle: directory, process: planProcess(input), ...owned, ...ports },
    proxied: ports.socketPorts.length + ports.wantedPorts.length > 0,
    healthcheck,
    onDisposed,
  });
}

/** The configuration and the layers of a container's image. A staged one outlives its containers. */
function findContent(
  { image }: ContainerSpec,
  { staged, store }: CreateContext,
  signal: AbortSignal | undefined,
): { readonly config: Promise<ImageConfig>; readonly layers: Promise<LayerDirectories> } {
  const found = staged.get(image);
  if (found === undefined)
    return { config: readConfig(store, image), layers: store.layerDirectories(image, signal) };
  const lent = { ...found.layers, [Symbol.asyncDispose]: async () => undefined };
  return { config: Promise.resolve(found.config), layers: Promise.resolve(lent) };
}

async function readConfig(store: ImageStore, reference: string): Promise<ImageConfig> {
  await using image = await store.open(reference);
  return image.config;
}

/** Disposes of what is still being made, once it is. */
async function disposeOf(making: Promise<AsyncDisposable>): Promise<void> {
  const made = await making.catch(() => undefined);
  await made?.[Symbol.asyncDispose]();
}
