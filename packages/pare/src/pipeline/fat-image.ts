import type { Image } from '@pare/oci';
import type { ImageSource } from '../model/image-place.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import { acquireImage } from './acquire-image.ts';
import { type AcquireContext, type AcquiredImage, openInEngine } from './acquired-image.ts';
import type { FoundReport } from './find-report.ts';

/** The fat image that a slim one is compared with, in the engine. */
export interface FatImage extends AsyncDisposable {
  readonly reference: string;
  readonly id: string;
  readonly image: Image;
}

/**
 * Opens the fat image that was named, wherever it is, or the report's where the engine has it; undefined without one. Throws PareError
 * and OciError.
 */
export async function openFatImage(
  engine: ContainerEngine,
  named: { readonly fat?: string; readonly fatSource?: ImageSource },
  saved: FoundReport | undefined,
  context: AcquireContext,
): Promise<FatImage | undefined> {
  if (named.fat !== undefined) {
    const source = named.fatSource ?? { kind: 'named', reference: named.fat };
    return fatImage(named.fat, await acquireImage(engine, { ...context, source }));
  }
  const { signal } = context.ports;
  if (saved === undefined || !(await engine.hasImage(saved.report.fat.id, signal))) return undefined;
  return fatImage(saved.report.fat.reference, await openInEngine(engine, saved.report.fat.id, signal));
}

function fatImage(reference: string, acquired: AcquiredImage): FatImage {
  const { facts, image } = acquired;
  return { reference, id: facts.id, image, [Symbol.asyncDispose]: () => acquired[Symbol.asyncDispose]() };
}
