import { buildFileTree } from '@pare/oci';
import { createAnalysis } from '../analyze/analysis.ts';
import { findLayerUse } from '../analyze/layer-waste.ts';
import type { ImageInfo } from '../model/image-info.ts';
import type { ImageSource } from '../model/image-place.ts';
import type { Ecosystem, Package } from '../model/package.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import type { RegistryAccess } from '../sources/registry-access.ts';
import type { CallerPorts } from './build-session.ts';
import type { EngineChoice } from './connect-engine.ts';
import { openForReading } from './open-for-reading.ts';
import { openRun } from './run-context.ts';

/** Reads an image and says what is in it. Runs nothing of it. Throws PareError. */
export async function inspectImage(
  input: {
    readonly reference: string;
    readonly engine: EngineChoice;
    /** The engine's image of that name where it is left out. */
    readonly source?: ImageSource;
    readonly access?: RegistryAccess;
  },
  ports: CallerPorts,
): Promise<ImageInfo> {
  await using run = await openRun();
  const {
    engine: choice,
    access = { insecureHosts: [] },
    source = { kind: 'named', reference: input.reference },
  } = input;
  const opened = await openForReading({ source, choice, access, run, ports });
  await using _held = { [Symbol.asyncDispose]: opened.dispose };
  const { image, facts } = opened;
  const tree = await buildFileTree(image, { signal: ports.signal });
  const { packages } = await createAnalysis(tree, image.config, { signal: ports.signal }).packages();
  const { layers, wasted } = await findLayerUse(image, ports.signal);
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  return {
    schema: 'pare.info/1',
    reference: input.reference,
    id: facts.id,
    tags: facts.tags,
    sizeBytes: sum(layers.map((layer) => layer.sizeBytes)),
    files: tree.size,
    config: image.config,
    layers,
    packages: countByEcosystem(packages),
    wastedBytes: sum(layers.map((layer) => layer.wastedBytes)),
    wasted,
    dockerfile: reverseDockerfile(image.config, input.reference, facts.tags),
  };
}

function countByEcosystem(packages: readonly Package[]): Partial<Record<Ecosystem, number>> {
  const counts: Partial<Record<Ecosystem, number>> = {};
  for (const { ecosystem } of packages) counts[ecosystem] = (counts[ecosystem] ?? 0) + 1;
  return counts;
}
