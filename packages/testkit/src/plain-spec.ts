import type { ContainerSpec } from '../../pare/src/ports/container-engine.ts';
import { plainRun } from '../../pare/src/scenario/run-options.ts';

/** A container of which nothing is asked: the engine's default rights, no ports, no mounts, no health check. */
export const plainSpec: Omit<ContainerSpec, 'image'> = {
  run: plainRun,
  publishLoopback: [],
  binds: [],
  addCapabilities: [],
  dropCapabilities: [],
  noNewPrivileges: false,
  disableHealthcheck: true,
};
