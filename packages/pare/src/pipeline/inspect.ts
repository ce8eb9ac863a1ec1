import { buildFileTree } from '@pare/oci';
import { createAnalysis } from '../analyze/analysis.ts';
import { findLayerUse } from '../analyze/layer-waste.ts';
import type { ImageInfo } from '../model/image-info.ts';
import type { Ecosystem, Package } from '../model/package.ts';
import { reverseDockerfile } from '../report/dockerfile.ts';
import type { CallerPorts } from './build-session.ts';
import { connectEngine, type EngineChoice } from './connect-engine.ts';
import { openRun } from './run-context.ts';

/** Reads an image and says what is in it. Runs nothing of it. Throws PareError. */
export async function inspectImage(
  input: { readonly reference: string; readonly engine: EngineChoice },
  ports: CallerPorts,
): Promise<ImageInfo> {
  await using run = await openRun();
  await using engine = await connectEngine(input.engine, run, ports.signal, ports.progress);
  const facts = await engine.inspectImage(input.reference, ports.signal);
  await using image = await engine.openImage(input.reference, ports.signal);
  const tree = await buildFileTree(image, { signal: ports.signal });
  const { packages } = await createAnalysis(tree, image.config, ports.signal).packages();
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
