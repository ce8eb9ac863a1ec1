import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of a test's own. */
export interface Authority extends CertificateFiles {
  /** Signs a certificate for names, as OpenSSL writes them: `IP:127.0.0.1,DNS:reg.test`. */
  sign(name: string, names: string): CertificateFiles;
}

/** Makes an authority with openssl; its files are in the directory. */
export function makeAuthority(directory: string, name: string): Authority {
  const file = (base: string, end: string) => join(directory, `${base}.${end}`);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const certificate = file(name, 'crt');
  const key = file(name, 'key');
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate);
  return {
    certificate,
    key,
    sign(base, names) {
      const request = file(base, 'csr');
      const signed = { certificate: file(base, 'crt'), key: file(base, 'key') };
      openssl('req', ...newKey.slice(0, -2), '-subj', `/CN=${base}`, '-keyout', signed.key, '-out', request);
      const extensions = file(base, 'ext');
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl(
        ...[
          'x509',
          '-req',
          '-in',
          request,
          '-CA',
          certificate,
          '-CAkey',
          key,
          '-CAcreateserial',
          '-days',
          '2',
        ],
        ...['-extfile', extensions, '-out', signed.certificate],
      );
      return signed;
    },
  };
}
