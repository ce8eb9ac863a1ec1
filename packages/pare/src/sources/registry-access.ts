import {
  credentialsOfFiles,
  openRegistry,
  type Platform,
  parsePlatform,
  proxyOfEnvironment,
  type Registry,
  type RegistryReference,
  trustOfFiles,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** How registries are reached. */
export interface RegistryAccess {
  /** Hosts, with port, that may speak plain HTTP or have an unknown certificate. */
  readonly insecureHosts: readonly string[];
  /** The platform to take of an index; this machine's where it is left out. */
  readonly platform?: Platform;
}

/** Opens a session about a repository as this user and this machine are set up: credentials, trusted authorities, proxies. */
export function connectRegistry({ host, repository }: RegistryReference, access: RegistryAccess): Registry {
  return openRegistry(host, {
    credentials: credentialsOfFiles(process.env, repository),
    trust: trustOfFiles(process.env),
    proxyOf: proxyOfEnvironment(process.env),
    insecureHosts: access.insecureHosts,
  });
}

/** Reads `--platform`. Throws PareError `usage`. */
export function platformFrom(text: string): Platform {
  const platform = parsePlatform(text);
  if (platform !== undefined) return platform;
  throw new PareError('usage', `--platform ${text}: not a platform`, {
    hint: 'write it as linux/arm64 or linux/arm/v7',
  });
}
