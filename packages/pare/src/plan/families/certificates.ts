import type { Family } from './family.ts';

/** Certificate authorities. Never dropped where the image has them: a TLS client fails only when it first connects. */
export const certificateAuthorities: Family = {
  id: 'ca-certificates',
  triggers: 'always',
  rules: [
    {
      // 220 kB
      id: 'bundle',
      level: 'observed',
      keep: [
        '/etc/ssl/certs/ca-certificates.crt',
        '/etc/ssl/cert.pem',
        '/etc/pki/tls/certs/ca-bundle.crt',
        '/etc/ssl/certs/java/cacerts',
      ],
      reason: 'the bundle that TLS libraries verify against',
      source: 'update-ca-certificates(8), update-ca-trust(8)',
    },
    {
      // 280 links and 200 kB of certificates
      id: 'hashed-directory',
      level: 'used',
      keep: ['/etc/ssl/certs/*', '/usr/local/share/ca-certificates/**', '/etc/pki/ca-trust/extracted/**'],
      reason: 'OpenSSL looks a certificate up by the hash of its subject',
      source: 'openssl-rehash(1), SSL_CTX_load_verify_locations(3)',
    },
    {
      // 0.3 MB; the script stays where a shell does.
      id: 'update',
      level: 'used',
      keep: [
        '/usr/{s,}bin/{update-ca-certificates,update-ca-trust}',
        '/etc/ca-certificates.conf',
        '/etc/ca-certificates/**',
        '/usr/share/ca-certificates/**',
      ],
      reason: 'entrypoints add authorities that are mounted, and make the bundle anew',
      source: 'update-ca-certificates(8)',
    },
  ],
};

/** OpenSSL reads its settings and providers by name at the first TLS call. Cost: 120 kB. */
export const openssl: Family = {
  id: 'openssl',
  inReserve: true,
  triggers: ['/{usr/,}lib/**/lib{ssl,crypto}.so*', '/usr/local/lib/**/lib{ssl,crypto}.so*'],
  rules: [
    {
      id: 'settings',
      level: 'observed',
      keep: ['/etc/ssl/openssl.cnf', '/usr/lib/ssl/{openssl.cnf,cert.pem,certs}'],
      reason: 'a missing openssl.cnf changes protocol limits silently',
      source: 'config(5ssl), OPENSSLDIR of `openssl version -d`',
    },
    {
      id: 'providers',
      level: 'used',
      keep: [
        '/{usr/,}lib/{*/,}{ossl-modules,engines-3,engines-1.1}/*.so',
        '/usr/lib/ssl/*',
        '/etc/ssl/{ct_log_list.cnf,private}',
      ],
      reason: 'the legacy provider and engines are loaded by name',
      source: 'provider(7ossl), engine(3ssl)',
    },
  ],
};

/** GnuTLS and p11-kit: the trust module is loaded at the first verification. Cost: 300 kB. */
export const gnutls: Family = {
  id: 'gnutls',
  inReserve: true,
  triggers: ['/{usr/,}lib/**/libgnutls.so*'],
  rules: [
    {
      id: 'trust-module',
      level: 'used',
      keep: ['/etc/gnutls/*', '/usr/lib/{*/,}pkcs11/p11-kit-trust.so', '/usr/share/p11-kit/**'],
      reason: 'the trust store behind gnutls_certificate_set_x509_system_trust',
      source: 'p11-kit(8), GnuTLS manual, "Verifying a certificate using PKCS #11"',
    },
  ],
};
