import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath, type ImageConfig } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { ImageStore, LayerDirectories } from '../../ports/image-store.ts';
import { layOut, openBundle } from './bundle.ts';
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
  const { host, store } = context;
  const network = await planNetwork(spec, context);
  const staged = context.staged.get(spec.image);
  const config = staged?.config ?? (await readConfig(store, spec.image));
  const ports = planPorts(spec, config, network);
  const layers =
    staged === undefined ? await store.layerDirectories(spec.image, signal) : lent(staged.layers);
  undo.add(async () => layers[Symbol.asyncDispose]());
  const id = randomBytes(32).toString('hex');
  const name = id.slice(0, 12);
  const directory = hostPath(join(context.containers, name));
  await claim(context.containers, name, context.runId);
  const remove = () => removeBundle(context.containers, name);
  undo.add(remove);
  const bundle = { directory, id, layers };
  await layOut(bundle, context);
  const { runId } = context;
  const { keeper: namespace, outlet } = network;
  const keeper = await startKeeperOf({ host, runId, network: namespace, outlet, directory }, signal);
  undo.add(async () => keeper[Symbol.asyncDispose]());
  const pipes = await openBundle(bundle, { spec, ports }, keeper, signal);
  undo.add(() => {
    for (const pipe of Object.values(pipes)) pipe.close();
  });
  const log = openContainerLog(directory);
  undo.add(() => log.close());

  const root = hostPath(`/proc/${keeper.pid}/root${directory}/root`);
  const { made, shared, mounts } = await mountsOf(spec, config, root, context);
  undo.add(() => Promise.all(made.map((volume) => removeVolume(context.volumes, volume))).then(() => {}));
  const hostname = spec.run.hostname ?? network.hostname ?? name;
  const names = await joinNetwork(spec, network, keeper, hostname, directory);
  undo.add(names.leave);
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
  await writeFile(join(directory, 'config.json'), JSON.stringify(planRuntimeSpec(input)));
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

/** A staged image outlives its containers. */
function lent(layers: LayerDirectories): LayerDirectories {
  return { ...layers, [Symbol.asyncDispose]: async () => undefined };
}

async function readConfig(store: ImageStore, reference: string): Promise<ImageConfig> {
  await using image = await store.open(reference);
  return image.config;
}
