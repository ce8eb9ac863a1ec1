import type { Probe } from '../../model/scenario.ts';
import { crawlProbe } from './crawl/index.ts';
import { execProbe } from './exec/index.ts';
import { fastcgiProbe } from './fastcgi/index.ts';
import { grpcProbe } from './grpc/index.ts';
import { hostProbe } from './host/index.ts';
import { httpProbe } from './http/index.ts';
import { openapiProbe } from './openapi/index.ts';
import type { ProbeRunner } from './probe.ts';
import { tcpProbe } from './tcp/index.ts';
import { websocketProbe } from './websocket/index.ts';

/** Every kind of probe; one that is missing here does not compile. */
export const probeRunners: { readonly [K in Probe['kind']]: ProbeRunner<K> } = {
  http: httpProbe,
  crawl: crawlProbe,
  openapi: openapiProbe,
  exec: execProbe,
  tcp: tcpProbe,
  websocket: websocketProbe,
  grpc: grpcProbe,
  fastcgi: fastcgiProbe,
  host: hostProbe,
};
