import { homedir } from 'node:os';
import { join } from 'node:path';
import { named, readContextEndpoint, readCurrentContext } from './context.ts';
import { type Endpoint, parseEndpoint, type TlsMaterial } from './endpoint.ts';
import { readTlsMaterial } from './tls-material.ts';

/** Which engine the user named, if any. */
export interface EndpointChoice {
  /** As `docker --host`. */
  readonly host?: string;
  /** As `docker --context`. */
  readonly context?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the engine is by default. */
export const defaultSocket = '/var/run/docker.sock';

/** The endpoint that `findNamedEndpoint` gives, else the usual socket. */
export async function chooseEndpoint(choice: EndpointChoice, environment: Environment): Promise<Endpoint> {
  const found = await findNamedEndpoint(choice, environment);
  return found?.endpoint ?? { kind: 'unix', path: defaultSocket };
}

/**
 * The endpoint that somebody named, and who did: `host`, `context`, `DOCKER_HOST`, `DOCKER_CONTEXT` or the context in
 * use, the first of them, as docker's own client has it. Undefined when nobody did. Throws PareError `usage`, `no-engine`.
 */
export async function findNamedEndpoint(
  choice: EndpointChoice,
  environment: Environment,
): Promise<{ readonly source: string; readonly endpoint: Endpoint } | undefined> {
  const configDirectory = environment.DOCKER_CONFIG || join(homeOf(environment), '.docker');
  const { host, context } = choice;
  if (host !== undefined)
    return { source: '--host', endpoint: await addressed(host, environment, configDirectory) };
  if (context !== undefined) return contextEndpoint('--context', named(context), configDirectory);
  if (environment.DOCKER_HOST) {
    return {
      source: 'DOCKER_HOST',
      endpoint: await addressed(environment.DOCKER_HOST, environment, configDirectory),
    };
  }
  if (environment.DOCKER_CONTEXT) {
    return contextEndpoint('DOCKER_CONTEXT', named(environment.DOCKER_CONTEXT), configDirectory);
  }
  return contextEndpoint('docker context', await readCurrentContext(configDirectory), configDirectory);
}

async function contextEndpoint(source: string, context: string | undefined, configDirectory: string) {
  if (context === undefined) return undefined;
  return { source: `${source} ${context}`, endpoint: await readContextEndpoint(configDirectory, context) };
}

async function addressed(
  address: string,
  environment: Environment,
  configDirectory: string,
): Promise<Endpoint> {
  const tls = /^(tcp|https):/.test(address) ? await tlsOf(environment, configDirectory) : undefined;
  return parseEndpoint(address, tls);
}

/** Docker's variables: `DOCKER_TLS_VERIFY` and `DOCKER_TLS` ask for TLS, with the files of `DOCKER_CERT_PATH`. */
async function tlsOf(environment: Environment, configDirectory: string): Promise<TlsMaterial | undefined> {
  const verify = Boolean(environment.DOCKER_TLS_VERIFY);
  const certificates = environment.DOCKER_CERT_PATH;
  if (!verify && !environment.DOCKER_TLS && !certificates) return undefined;
  return readTlsMaterial(certificates || configDirectory, verify);
}

function homeOf(environment: Environment): string {
  return environment.HOME || homedir();
}
