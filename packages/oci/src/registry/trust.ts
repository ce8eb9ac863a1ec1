import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { OciError } from '../model/oci-error.ts';
import type { Environment } from './environment.ts';

/** What a TLS connection to one host is held against, and shown of us; all in PEM. */
export interface HostTrust {
  readonly ca: readonly string[];
  /** Certificates of ours and their keys, in the same order. */
  readonly cert: readonly string[];
  readonly key: readonly string[];
}

/** Finds what is trusted of a host, its port included where it is not 443. */
export type TrustSource = (host: string) => Promise<HostTrust>;

/** The authorities of a system, where distributions keep them (Go's crypto/x509 looks at the same). The first that is there counts. */
const SYSTEM_BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Trusts Node's own authorities, the system's (`$SSL_CERT_FILE` in place of its bundle, and the files of `$SSL_CERT_DIR`), those of
 * `$NODE_EXTRA_CA_CERTS`, and for one host alone the `*.crt` in the `certs.d/HOST` of docker and podman (containers-certs.d(5)), where
 * `*.cert` and `*.key` are certificates of ours. The source throws OciError `corrupt` for a certificate there without its key and a file that
 * holds none. `etc` stands for `/etc` in tests.
 */
export function trustOfFiles(environment: Environment, etc = '/etc'): TrustSource {
  let common: Promise<readonly string[]> | undefined;
  return async (host) => {
    common ??= commonAuthorities(environment);
    const own = await Promise.all(
      hostDirectories(environment, etc).map((directory) => readHostDirectory(join(directory, host))),
    );
    return {
      ca: [...(await common), ...own.flatMap(({ ca }) => ca)],
      cert: own.flatMap(({ cert }) => cert),
      key: own.flatMap(({ key }) => key),
    };
  };
}

function hostDirectories({ HOME, XDG_CONFIG_HOME }: Environment, etc: string): readonly string[] {
  const config = XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : undefined);
  return [
    ...(config === undefined ? [] : [join(config, 'containers/certs.d'), join(config, 'docker/certs.d')]),
    join(etc, 'containers/certs.d'),
    join(etc, 'docker/certs.d'),
  ];
}

async function commonAuthorities(environment: Environment): Promise<readonly string[]> {
  const { NODE_EXTRA_CA_CERTS, SSL_CERT_DIR, SSL_CERT_FILE } = environment;
  const bundles = SSL_CERT_FILE ? [SSL_CERT_FILE] : SYSTEM_BUNDLES;
  const found: string[] = [];
  for (const file of bundles) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    found.push(text);
    break;
  }
  const extra = NODE_EXTRA_CA_CERTS ? await readIfThere(NODE_EXTRA_CA_CERTS) : undefined;
  const listed = SSL_CERT_DIR ? await Promise.all(SSL_CERT_DIR.split(':').map(readDirectory)) : [];
  return eachOnce([...rootCertificates, ...found, extra ?? '', ...listed.flat()]);
}

/** Node's authorities are the system's too, mostly, and a directory of authorities often holds its bundle: every one costs time to parse. */
function eachOnce(texts: readonly string[]): readonly string[] {
  const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
  const certificates = texts.flatMap((text) => text.match(block) ?? []);
  return [...new Map(certificates.map((text) => [text.replaceAll(/\s/g, ''), text])).values()];
}

async function readDirectory(directory: string): Promise<readonly string[]> {
  const names = await listIfThere(directory);
  const texts = await Promise.all(
    names.filter((name) => /\.(?:pem|crt|0)$/.test(name)).map((name) => readIfThere(join(directory, name))),
  );
  return texts.filter((text) => text !== undefined);
}

async function readHostDirectory(directory: string): Promise<HostTrust> {
  const names = (await listIfThere(directory)).toSorted();
  const read = async (name: string): Promise<string> => {
    const text = await readIfThere(join(directory, name));
    if (text?.includes('-----BEGIN ') === true) return text;
    throw new OciError('corrupt', `${join(directory, name)} holds no certificate or key in PEM`);
  };
  const ending = (end: string) => names.filter((name) => name.endsWith(end));
  const keyOf = (name: string) => {
    const key = name.replace(/cert$/, 'key');
    if (names.includes(key)) return key;
    throw new OciError('corrupt', `${join(directory, name)} is a certificate without its key, ${key}`);
  };
  const certificates = ending('.cert');
  return {
    ca: await Promise.all(ending('.crt').map(read)),
    cert: await Promise.all(certificates.map(read)),
    key: await Promise.all(certificates.map(keyOf).map(read)),
  };
}

async function listIfThere(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(ifThere([] as readonly string[]));
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(ifThere(undefined));
}

/** A file that is not there, or is for others alone, trusts nobody. */
function ifThere<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes(error.code ?? '')) return otherwise;
    throw new OciError('corrupt', `${error.path ?? 'a certificate'} cannot be read: ${error.message}`, {
      cause: error,
    });
  };
}
