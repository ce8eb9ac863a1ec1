import { writeDockerArchive } from '@pare/oci';
import { afterAll, beforeAll } from 'vitest';
import {
  type RealEngine,
  realEngine,
  realPodmanEngine,
  type TestImage,
} from '../../packages/testkit/src/index.ts';
import { contractImage, dockerWays, engineContract } from './engine/contract.ts';

let real: RealEngine;
let image: TestImage;
let reference = '';
beforeAll(async () => {
  real = await realPodmanEngine();
  image = await contractImage();
  await using docker = await realEngine();
  await using built = await docker.engine.openImage(image.reference);
  reference = await real.engine.storeImage(writeDockerArchive(built, []));
});
afterAll(async () => {
  await real?.[Symbol.asyncDispose]();
  await image?.[Symbol.asyncDispose]();
});

// Podman 4.3 without systemd and without plugins.
engineContract(() => ({ real, image: { ...image, reference } }), {
  ...dockerWays,
  noexecTmpfs: false,
  firstPort: 1024,
  links: false,
  joinedHostname: false,
  health: false,
  names: false,
});
