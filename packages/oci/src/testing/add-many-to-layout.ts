/** Adds an image for each name in argv[3…] to the layout at argv[2], all at once, whether it is there or not. */
import { hostPath } from '../model/path.ts';
import { writeOciLayout } from '../sinks/oci-layout.ts';
import { imageOf, layerOf } from './memory-layer.ts';

const [, , directory = '', ...names] = process.argv;
const shared = await layerOf({ '/shared': { kind: 'file', content: 'in both' } });
await Promise.all(
  names.map(async (name) => {
    const own = await layerOf({ [`/${name}`]: { kind: 'file', content: name } });
    await writeOciLayout(imageOf(shared, own), hostPath(directory), name);
  }),
);
