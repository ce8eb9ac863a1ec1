import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { NetworkPlan } from './container-network.ts';
import type { Keeper } from './keeper.ts';
import { type HostEntry, parseAddHost, renderHosts, renderResolver, writeNameFiles } from './name-files.ts';
import { hostAddress, outletAddresses } from './outlet.ts';

/** Docker's gateway, which an isolated container cannot reach. */
const isolatedGateway = '172.17.0.1';

/** Writes a container's hosts(5) and resolv.conf(5), and makes it known to the others on its network. */
export async function joinNetwork(
  spec: ContainerSpec,
  { members, names, hosts, resolver, ledOutBy }: NetworkPlan,
  keeper: Keeper,
  hostname: string,
  bundle: HostPath,
) {
  const gateway = ledOutBy === undefined ? isolatedGateway : hostAddress();
  const own = spec.run.addHosts.map((text): HostEntry => parseAddHost(text, gateway));
  const forwarder = ledOutBy === undefined ? undefined : outletAddresses[ledOutBy].nameserver;
  const text = hosts ?? renderHosts([]);
  const mounts = writeNameFiles(bundle, {
    hosts: hosts === undefined ? text : text + renderHosts(own).slice(renderHosts([]).length),
    resolver: resolver ?? (await renderResolver(spec.run, forwarder)),
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
