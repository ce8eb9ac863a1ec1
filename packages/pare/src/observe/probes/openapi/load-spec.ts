import SwaggerParser from '@apidevtools/swagger-parser';
import { parse } from 'yaml';
import type { Probe } from '../../../model/scenario.ts';
import type { HttpPort } from '../http/http-port.ts';
import { type FetchLimits, fetchOnce } from '../http/request.ts';
import { asMapping, type LooseSchema } from './example.ts';

type Source = Extract<Probe, { kind: 'openapi' }>['source'];

/**
 * Reads a specification and puts what it refers to in the place of the references. One that the application serves may
 * not refer to anything outside itself; a file of the user may refer to other files, and neither to the network.
 * The parsers are large: what needs this module loads it lazily. A package of CommonJS by itself cannot be, since a bundle gives it no named exports.
 * Throws Error for what is no specification, and HttpFailure when it is not served.
 */
export async function loadSpec(source: Source, port: HttpPort, limits: FetchLimits): Promise<LooseSchema> {
  if (source.kind === 'file') {
    return asMapping(await SwaggerParser.dereference(source.file, { resolve: { http: false } }));
  }
  const { answer, body } = await fetchOnce(
    port.target,
    { method: 'GET', path: source.path, headers: {} },
    limits,
  );
  if (answer.status !== 200)
    throw new Error(`GET ${source.path} answers ${answer.status}, and no specification`);
  const value = parse(new TextDecoder().decode(body)) as unknown;
  const spec = asMapping(value);
  if (spec.openapi === undefined && spec.swagger === undefined) {
    throw new Error(`${source.path} is no OpenAPI or Swagger specification`);
  }
  const parsed = structuredClone(spec) as unknown as Parameters<typeof SwaggerParser.dereference>[0];
  return asMapping(await SwaggerParser.dereference(parsed as never, { resolve: { external: false } }));
}
