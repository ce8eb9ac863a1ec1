import type { Family } from './family.ts';

/** Cyrus SASL: mechanisms are loaded when a client first authenticates. Cost: 0.3 MB. */
export const sasl: Family = {
  id: 'sasl',
  inReserve: true,
  triggers: ['/{usr/,}lib/**/libsasl2.so.*'],
  rules: [
    {
      id: 'mechanisms',
      level: 'used',
      keep: ['/usr/lib/{*/,}sasl2/*.so*', '/etc/sasl2/**', '/etc/sasldb2'],
      reason: 'sasl_server_init loads every plug-in of a directory',
      source: 'Cyrus SASL documentation, "Plugin Programming Guide", "Components: sasldb"',
    },
  ],
};
