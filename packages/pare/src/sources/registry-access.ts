import { credentialsOfFiles, openRegistry, type Platform, parsePlatform, type Registry } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';

/** How registries are reached. */
export interface RegistryAccess {
  /** Hosts, with port, that may speak plain HTTP or have an unknown certificate. */
  readonly insecureHosts: readonly string[];
  /** The platform to take of an index; this machine's where it is left out. */
  readonly platform?: Platform;
}

/** Opens a session with the user's own credentials. */
export function connectRegistry(host: string, access: RegistryAccess): Registry {
  return openRegistry(host, {
    credentials: credentialsOfFiles(process.env),
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
