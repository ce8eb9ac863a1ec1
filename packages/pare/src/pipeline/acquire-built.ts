import { openDockerArchive } from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import { buildDockerfile } from '../sources/build-dockerfile.ts';
import { type AcquireContext, type AcquiredImage, copyIn, forget, openInEngine } from './acquired-image.ts';
import { nameOfPath } from './source-name.ts';

/** Builds a Dockerfile and brings what it makes into the engine; it is removed again on dispose. Throws PareError and OciError. */
export async function acquireBuilt(
  engine: ContainerEngine,
  path: Extract<ImageSource, { readonly kind: 'dockerfile' }>['path'],
  context: AcquireContext,
): Promise<AcquiredImage> {
  const { choice, run, ports } = context;
  const stage = ports.progress.stage(`building ${path}`);
  try {
    const built = await buildDockerfile({
      path,
      engine: engine.info,
      dockerArguments: [
        ...(choice.context === undefined ? [] : ['--context', choice.context]),
        ...(choice.host === undefined ? [] : ['--host', choice.host]),
      ],
      temporaryDirectory: run.directory,
      signal: ports.signal,
    });
    stage.done();
    const name = nameOfPath(path);
    if (built.kind === 'archive') {
      const image = await openDockerArchive(built.path, { spoolDirectory: run.directory });
      return await copyIn(engine, image, name, context);
    }
    await run.recordImage(built.id, 'stored', engine.info.kind);
    const acquired = await openInEngine(engine, built.id, ports.signal);
    return { ...acquired, name, [Symbol.asyncDispose]: () => forget(engine, acquired.image, built.id) };
  } catch (error) {
    stage.failed();
    throw error;
  }
}
