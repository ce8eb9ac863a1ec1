import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath, makeImage, openOciLayout, writeOciLayout } from '@pare/oci';

/** An OCI layout with an image of its own, for a build to add its result to as `slim`. */
export interface LayoutSink {
  readonly sink: string;
  /** What is wrong with it: neither is it as it was, nor was the whole image added. Empty where nothing is. */
  faults(): Promise<readonly string[]>;
}

export async function openLayoutSink(directory: string): Promise<LayoutSink> {
  const rootfs = { type: 'layers', diff_ids: [] } as const;
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs, history: [] } as const;
  await writeOciLayout(makeImage({ reference: 'old', config, layers: [] }), hostPath(directory), 'old');
  const names = () => readdirSync(directory, { recursive: true }).map(String).toSorted();
  const before = names();
  const index = readFileSync(join(directory, 'index.json'), 'utf8');
  return {
    sink: `oci:${directory}:slim`,
    async faults() {
      const more = names().filter((name) => !before.includes(name));
      const less = before.filter((name) => !names().includes(name)).map((name) => `without ${name}`);
      if (readFileSync(join(directory, 'index.json'), 'utf8') === index) return [...more, ...less];
      await using image = await openOciLayout(hostPath(directory), 'slim');
      for (const layer of image.layers) for await (const _chunk of layer.tar());
      // A manifest, a config, its layers.
      return more.length === 2 + image.layers.length ? less : [...more, ...less];
    },
  };
}
