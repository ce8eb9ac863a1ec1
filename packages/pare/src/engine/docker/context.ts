import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { readTlsMaterial } from './tls-material.ts';

const configSchema = v.object({ currentContext: v.nullish(v.string()) });
const metaSchema = v.object({
  Endpoints: v.object({
    docker: v.object({ Host: v.string(), SkipTLSVerify: v.nullish(v.boolean()) }),
  }),
});

/** The context of docker's own client that is in use; undefined: the default one. */
export async function readCurrentContext(configDirectory: string): Promise<string | undefined> {
  const text = await readIfThere(join(configDirectory, 'config.json'));
  if (text === undefined) return undefined;
  const config = parse(configSchema, text, join(configDirectory, 'config.json'));
  return named(config.currentContext ?? undefined);
}

/** `default` and the empty name stand for "no context". */
export function named(context: string | undefined): string | undefined {
  return context === undefined || context === '' || context === 'default' ? undefined : context;
}

/**
 * Reads where a context leads (docker/cli `context/store`: directories are named by the SHA-256 of the context's name).
 * Throws PareError `no-engine` when there is no such context, or it cannot be read.
 */
export async function readContextEndpoint(configDirectory: string, name: string): Promise<Endpoint> {
  const hash = createHash('sha256').update(name).digest('hex');
  const path = join(configDirectory, 'contexts/meta', hash, 'meta.json');
  const text = await readIfThere(path);
  if (text === undefined) {
    throw new PareError('no-engine', `there is no docker context ${JSON.stringify(name)}`, {
      hint: '`docker context ls` lists them',
    });
  }
  const { docker } = parse(metaSchema, text, path).Endpoints;
  const skipVerify = docker.SkipTLSVerify ?? false;
  const tls = await readTlsMaterial(join(configDirectory, 'contexts/tls', hash, 'docker'), !skipVerify);
  const hasTls = skipVerify || tls.ca !== undefined || tls.cert !== undefined;
  return parseEndpoint(docker.Host, hasTls ? tls : undefined);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PareError('no-engine', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function parse<S extends v.GenericSchema>(schema: S, text: string, path: string): v.InferOutput<S> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new PareError('no-engine', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
