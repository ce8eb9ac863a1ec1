/**
 * A program of its own, so that it can be run by another user: makes an embedded engine with a store in DIRECTORY, takes the image of
 * ARCHIVE into it, and runs the containers that it is asked for, one line of JSON each. Ends with its input.
 */
import { createInterface } from 'node:readline';
import { hostPath, openDockerArchive } from '../../../packages/oci/src/index.ts';
import { connectEmbedded } from '../../../packages/pare/src/engine/embedded/connect.ts';
import { dockerDefaultProfile } from '../../../packages/pare/src/harden/default-profile.ts';
import type { ContainerSpec } from '../../../packages/pare/src/ports/container-engine.ts';
import { openImageStore } from '../../../packages/pare/src/store/image-store.ts';

/** What is asked: to run a container to its end, or to start one that goes on. */
export interface Request {
  readonly kind: 'run' | 'hold';
  readonly spec: Omit<ContainerSpec, 'image'>;
  /** Runs meanwhile and is called `beside`: on a network with it, or linked to by it. */
  readonly beside?: Omit<ContainerSpec, 'image'>;
  readonly linked?: boolean;
}

/** What is answered. The first answer is to no request: the engine is there. */
export type Answer =
  | {
      readonly kind: 'ended';
      readonly stdout: string;
      readonly stderr: string;
      readonly exitCode: number;
    }
  | { readonly kind: 'started'; readonly hostPid: number | undefined }
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'failed'; readonly message: string };

const [place, archive] = process.argv.slice(2);
if (place === undefined || archive === undefined)
  throw new Error('usage: container-server DIRECTORY ARCHIVE');
const directory = hostPath(place);
const store = await openImageStore({
  cacheDirectory: directory,
  root: hostPath(`${directory}/data/store`),
});
await using opened = await openDockerArchive(hostPath(archive));
const { id: image } = await store.put(opened);
await using engine = await connectEmbedded({
  runId: `server.${process.pid}`,
  openStore: async () => store,
  defaultSeccomp: dockerDefaultProfile,
});
const answer = (one: Answer) => process.stdout.write(`${JSON.stringify(one)}\n`);

async function take({ beside, linked, ...request }: Request): Promise<Answer> {
  if (beside === undefined) return run(request);
  if (linked === true) {
    await using other = await engine.createContainer({ ...beside, image });
    await other.start();
    const options = { ...request.spec.run, links: [`${other.id}:beside`] };
    return await run({ ...request, spec: { ...request.spec, run: options } });
  }
  const asked = [request.spec, beside].flatMap((spec) => spec.run.network ?? []);
  await using network = await engine.createNetwork(undefined, asked);
  const attach = (alias: string) => ({ attach: { network: network.id, aliases: [alias] } });
  await using other = await engine.createContainer({ ...beside, ...attach('beside'), image });
  await other.start();
  return await run({ ...request, spec: { ...request.spec, ...attach('asks') } });
}

async function run({ kind, spec }: Omit<Request, 'beside' | 'linked'>): Promise<Answer> {
  const container = await engine.createContainer({ ...spec, image });
  if (kind === 'hold') {
    await container.start();
    return { kind: 'started', hostPid: (await container.state()).hostPid };
  }
  await using _ = container;
  const exited = container.wait();
  await container.start();
  const exitCode = await exited;
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of container.logs()) said[stream] += Buffer.from(data);
  return { kind: 'ended', ...said, exitCode };
}

answer({ kind: 'ready', version: engine.info.version });
for await (const line of createInterface(process.stdin)) {
  try {
    answer(await take(JSON.parse(line) as Request));
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}
