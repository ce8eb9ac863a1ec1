import type { ImagePath } from '@pare/oci';
import { matchAny } from '../glob.ts';
import type { Family, RuleView } from './family.ts';

const plugIns = ['/usr/lib/{*/,}sasl2/*.so*', '/etc/sasl2/**', '/usr/lib/{*/,}sasl2/*.conf', '/etc/sasldb2'];
const isPasswordStore = matchAny(['/usr/lib/{*/,}sasl2/libsasldb.so*']);

/** Cyrus SASL: mechanisms are loaded when a client first authenticates. Cost: 0.3 MB. */
export const sasl: Family = {
  id: 'sasl',
  inReserve: true,
  triggers: ['/{usr/,}lib/**/libsasl2.so.*'],
  rules: [
    {
      id: 'mechanisms',
      level: 'used',
      keep: (view) => mechanisms(view),
      reason: 'sasl_server_init loads every plug-in of a directory',
      source: 'Cyrus SASL documentation, "Plugin Programming Guide", "Components: sasldb"',
    },
  ],
};

/**
 * The store of passwords links to Berkeley DB (1.8 MB) and is a server's alone: it stays where there is such a store, or
 * settings of a server that may name one. Clients (libldap, and with it curl and git) have neither.
 */
function mechanisms(view: RuleView): readonly ImagePath[] {
  const found = plugIns.flatMap((glob) => view.expand(glob));
  const isServer = found.some((path) => path.endsWith('.conf') || path === '/etc/sasldb2');
  return isServer ? found : found.filter((path) => !isPasswordStore(path));
}
