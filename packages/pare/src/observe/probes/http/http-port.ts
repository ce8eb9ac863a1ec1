import type { HttpAnswer } from '../../../model/observation.ts';

/** Where a TCP port of a container is reached: what `net.connect` takes. */
export type HostAddress =
  | { readonly host: string; readonly port: number }
  /** A unix socket that leads to the port. */
  | { readonly path: string };

/** Where a port of the container is reached. */
export interface HttpTarget {
  readonly scheme: 'http' | 'https';
  /** The container's port. */
  readonly port: number;
  readonly address: HostAddress;
}

/** A request and its answer with the body at hand, decoded, at most 8 MiB. */
export interface Fetched {
  readonly answer: HttpAnswer;
  readonly body: Uint8Array;
}

/** A port that was found to speak HTTP, and the answers to plain GETs that it gave so far, by path. */
export interface HttpPort {
  readonly target: HttpTarget;
  readonly fetched: Map<string, Fetched>;
}

/** `http://localhost:8080`, without the port where it is the scheme's own: what a browser beside the application would show. */
export function originOf(target: Pick<HttpTarget, 'scheme' | 'port'>): string {
  const usual = target.scheme === 'http' ? 80 : 443;
  return `${target.scheme}://localhost${target.port === usual ? '' : `:${target.port}`}`;
}
