import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, objectOf, parseJson } from '../formats/json-shape.ts';
import { OciError } from '../model/oci-error.ts';
import type { Credential } from './credential.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { Environment } from './environment.ts';

/** Finds the credential for a registry's host; undefined: be anonymous. */
export type CredentialSource = (host: string, signal?: AbortSignal) => Promise<Credential | undefined>;

/** The name under which docker keeps the credential of `docker.io`. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/**
 * Looks where docker and podman keep credentials: `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json` (`/run/containers/UID/`
 * without that variable), `~/.config/containers/auth.json`, `$DOCKER_CONFIG/config.json` (`~/.docker/config.json`). In each file
 * `credHelpers` come before `auths`, and `credsStore` last (docker's config file). An entry of `auths` may be for a part of a
 * registry, `HOST/NAMESPACE`; the one that says the most of `repository` counts (containers-auth.json(5)). The first file that knows the
 * host counts. The source throws OciError `corrupt` for a file that is no such configuration, and `denied` when a helper fails.
 */
export function credentialsOfFiles(environment: Environment, repository = ''): CredentialSource {
  return async (host, signal) => {
    for (const file of credentialFiles(environment)) {
      const config = await readConfig(file);
      const found =
        config === undefined ? undefined : await findIn(config, { host, repository }, file, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function credentialFiles(environment: Environment): readonly string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG, HOME } = environment;
  const home = HOME === undefined || HOME === '' ? undefined : HOME;
  const configHome = XDG_CONFIG_HOME || (home === undefined ? undefined : join(home, '.config'));
  const docker = DOCKER_CONFIG || (home === undefined ? undefined : join(home, '.docker'));
  const running = XDG_RUNTIME_DIR
    ? join(XDG_RUNTIME_DIR, 'containers/auth.json')
    : `/run/containers/${process.getuid?.() ?? 0}/auth.json`;
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    running,
    ...(configHome === undefined ? [] : [join(configHome, 'containers/auth.json')]),
    ...(docker === undefined ? [] : [join(docker, 'config.json')]),
  ];
}

async function readConfig(file: string): Promise<JsonObject | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES') return undefined;
    throw new OciError('corrupt', `${file} cannot be read: ${error.message}`, { cause: error });
  });
  return bytes === undefined || bytes.length === 0 ? undefined : objectOf(parseJson(bytes, file), file);
}

async function findIn(
  config: JsonObject,
  { host, repository }: { readonly host: string; readonly repository: string },
  file: string,
  signal: AbortSignal | undefined,
): Promise<Credential | undefined> {
  const keys = keysOf(host);
  const helpers = objectOf(config.credHelpers ?? {}, `credHelpers of ${file}`);
  for (const key of keys) {
    const helper = helpers[key];
    if (typeof helper !== 'string' || helper === '') continue;
    return await askCredentialHelper(helper, key, signal);
  }
  const auths = objectOf(config.auths ?? {}, `auths of ${file}`);
  for (const [name, value] of fittingEntries(auths, keys, repository)) {
    const found = credentialOf(objectOf(value, `the entry ${name} of ${file}`), name, file);
    if (found !== undefined) return found;
  }
  const { credsStore } = config;
  if (typeof credsStore !== 'string' || credsStore === '') return undefined;
  for (const key of keys) {
    const found = await askCredentialHelper(credsStore, key, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names under which a host may stand, the most usual first. */
function keysOf(host: string): readonly string[] {
  return host === 'docker.io' ? [DOCKER_HUB_KEY, 'docker.io', 'index.docker.io'] : [host];
}

/** The entries that are about a repository, those that say the most of it first. */
function fittingEntries(
  auths: JsonObject,
  hosts: readonly string[],
  repository: string,
): readonly (readonly [string, unknown])[] {
  const lengthOf = (name: string): number | undefined => {
    if (hosts.includes(name)) return 0;
    const [host, namespace] = splitKey(name);
    if (!hosts.includes(host)) return undefined;
    const fits = namespace === '' || `${repository}/`.startsWith(`${namespace}/`);
    return fits ? namespace.length : undefined;
  };
  return Object.entries(auths)
    .filter(([name]) => lengthOf(name) !== undefined)
    .toSorted(([left], [right]) => (lengthOf(right) ?? 0) - (lengthOf(left) ?? 0));
}

/** Host and namespace. Old entries are URLs, `https://registry.example/v2/`, whose path is no namespace. */
function splitKey(key: string): readonly [string, string] {
  const [, scheme, host = '', path = ''] = /^(https?:\/\/)?([^/]*)\/?(.*?)\/?$/s.exec(key) ?? [];
  return [host, scheme !== undefined || /^v[12]$/.test(path) ? '' : path];
}

function credentialOf(entry: JsonObject, name: string, file: string): Credential | undefined {
  const { auth, identitytoken, username, password } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '')
    return { kind: 'identity-token', token: identitytoken };
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    if (colon <= 0) throw new OciError('corrupt', `the entry ${name} of ${file} holds no user and password`);
    return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  // Docker leaves an empty entry where a helper has the secret.
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return { kind: 'password', username, password };
}
