import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { NetworkPlan } from './container-network.ts';
import type { Keeper } from './keeper.ts';
import { type HostEntry, parseAddHost, renderHosts, renderResolver, writeNameFiles } from './name-files.ts';

/** Docker's gateway, which an isolated container cannot reach. */
const gateway = '172.17.0.1';

/** Writes a container's hosts(5) and resolv.conf(5), and makes it known to the others on its network. */
export async function joinNetwork(
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
