import type { RunOptions } from '../../pare/src/model/scenario.ts';

/** A run as the image says, with no option given. */
export const plainRun: RunOptions = {
  env: [],
  volumes: [],
  mounts: [],
  volumesFrom: [],
  links: [],
  publish: [],
  expose: [],
  publishAll: false,
  addHosts: [],
};
