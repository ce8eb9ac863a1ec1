import { type Image, makeImage, treeLayer, writeDockerArchive } from '@pare/oci';
import type { ImageSink } from '../model/image-place.ts';
import { PareError } from '../model/pare-error.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import { checkPlainSink, draftPlaces, writePlainSink } from '../sources/write-sink.ts';
import type { BuildSession } from './build-session.ts';
import { connectEngine } from './connect-engine.ts';
import { checkImageName } from './image-name.ts';
import { openLocalStore } from './local-images.ts';
import type { RunContext } from './run-context.ts';
import type { VerifiedOutcome } from './verify-and-repair.ts';

/** Refuses, before anything is done, names that no engine takes and places that cannot be written. Throws PareError `usage`. */
export async function checkSinks(sinks: readonly ImageSink[]): Promise<void> {
  for (const sink of sinks) {
    if (sink.kind === 'named' || sink.kind === 'engine' || sink.kind === 'store')
      checkImageName(sink.reference);
    else await checkPlainSink(sink);
  }
}

/** The sinks that are tags of the engine that is worked with. */
export function tagsAmong(sinks: readonly ImageSink[], engine: ContainerEngine): readonly string[] {
  return sinks.flatMap((sink) => tagIn(sink, engine) ?? []);
}

/** The name that a sink means in this engine; undefined where it is elsewhere. */
function tagIn(sink: ImageSink, { info }: ContainerEngine): string | undefined {
  if (sink.kind === 'named') return sink.reference;
  const here =
    sink.kind === 'engine' ? sink.engine === info.kind : sink.kind === 'store' && info.kind === 'embedded';
  return here && 'reference' in sink && typeof sink.reference === 'string' ? sink.reference : undefined;
}

/** The slim image as a value, made anew of the fat image's tree: equal to what the engine verified, by its digest. */
export function slimImageOf({ tree }: BuildSession, { slim, plan }: VerifiedOutcome): Image {
  const [diffId] = slim.config.rootfs.diff_ids;
  if (diffId === undefined) throw new PareError('engine-failed', `${slim.id} has no layer`);
  const paths = plan.kept.map(({ path }) => path);
  return makeImage({ reference: slim.id, config: slim.config, layers: [treeLayer(tree, paths, diffId)] });
}

/** Brings an image to every sink that is no tag of the engine worked with; returns what was written, in the user's words. */
export async function deliverImage(
  image: Image,
  sinks: readonly ImageSink[],
  context: Pick<BuildSession, 'engine' | 'run' | 'ports'> & {
    readonly access: RegistryAccess;
    readonly choice: BuildSession['input']['engine'];
  },
): Promise<readonly string[]> {
  const { engine, run, ports, access, choice } = context;
  const { signal, progress } = ports;
  const written: string[] = [];
  for (const sink of sinks.filter((one) => tagIn(one, engine) === undefined)) {
    signal.throwIfAborted();
    switch (sink.kind) {
      case 'named':
        break;
      case 'engine': {
        const { engine: _own, ...where } = choice;
        await using other = await connectEngine({ ...where, engine: sink.engine }, run, signal);
        await storeTagged(image, other, sink.reference, { run, signal });
        written.push(`${sink.engine}:${sink.reference}`);
        break;
      }
      case 'store':
        await (await openLocalStore()).put(image, { tags: [sink.reference], signal });
        written.push(`store:${sink.reference}`);
        break;
      default:
        await run.recordPlaces(await draftPlaces(sink));
        written.push(
          await writePlainSink(image, sink, { access, temporaryDirectory: run.directory, progress, signal }),
        );
    }
  }
  return written;
}

/** Stores an image in an engine under a name. */
async function storeTagged(
  image: Image,
  engine: ContainerEngine,
  reference: string,
  { run, signal }: { readonly run: RunContext; readonly signal: AbortSignal },
): Promise<void> {
  const wasThere = await engine.hasImage(image.configDigest, signal);
  if (!wasThere) await run.recordImage(image.configDigest, 'storing', engine.info.kind);
  const id = wasThere ? image.configDigest : await engine.storeImage(writeDockerArchive(image, [], signal));
  try {
    signal.throwIfAborted();
    await engine.tagImage(id, reference, signal);
  } catch (error) {
    if (!wasThere) await engine.removeUntaggedImage(id);
    throw error;
  }
}
