import { hostPath } from '../../../packages/oci/src/index.ts';
import { connectEmbedded } from '../../../packages/pare/src/engine/embedded/connect.ts';
import { dockerDefaultProfile } from '../../../packages/pare/src/harden/default-profile.ts';
import { openImageStore } from '../../../packages/pare/src/store/image-store.ts';
import { plainRun } from '../../../packages/testkit/src/index.ts';

// Makes containers on one store, one after the other, until it is killed.
const [place, image] = process.argv.slice(2);
if (place === undefined || image === undefined) throw new Error('usage: make-containers DIRECTORY IMAGE');
const directory = hostPath(place);
const engine = await connectEmbedded({
  runId: `killed.${process.pid}`,
  openStore: () => openImageStore({ cacheDirectory: directory, root: hostPath(`${directory}/data/store`) }),
  defaultSeccomp: dockerDefaultProfile,
});
engine.expectContainers(2);
process.stdout.write('ready\n');
for (;;) {
  const network = await engine.createNetwork(undefined, ['bridge']);
  const container = await engine.createContainer({
    image,
    run: { ...plainRun, volumes: ['/anonymous'] },
    publishLoopback: ['80/tcp'],
    binds: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: true,
    argv: ['sh', '-c', 'sleep 600 & exec sleep 601'],
    attach: { network: network.id, aliases: ['a'] },
  });
  await container.start();
  process.stdout.write('running\n');
  await container.exec(['true']);
  await container[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
}
