import type { Probe } from '../../model/scenario.ts';
import { crawlProbe } from './crawl/index.ts';
import { execProbe } from './exec/index.ts';
import { httpProbe } from './http/index.ts';
import type { ProbeRunner } from './probe.ts';

/** Every kind of probe; one that is missing here does not compile. */
export const probeRunners: { readonly [K in Probe['kind']]: ProbeRunner<K> } = {
  http: httpProbe,
  crawl: crawlProbe,
  exec: execProbe,
};
