import type { Family } from './family.ts';

/** What the C library of any program reads without the program's asking. Cost: below 60 kB with netbase. */
export const identity: Family = {
  id: 'identity',
  triggers: 'always',
  rules: [
    {
      id: 'users-and-name-services',
      level: 'observed',
      keep: ['/etc/{passwd,group,nsswitch.conf,host.conf,gai.conf}'],
      reason: 'users, groups and where names are looked up',
      source: 'passwd(5), group(5), nsswitch.conf(5), host.conf(5), gai.conf(5)',
    },
    {
      id: 'operating-system-name',
      level: 'observed',
      keep: ['/etc/{os-release,debian_version,alpine-release,redhat-release}', '/usr/lib/os-release'],
      reason: 'scanners and programs ask which system this is',
      source: 'os-release(5)',
    },
    {
      // 12 kB, and no part of a look-up: the C library never opens it.
      id: 'account-defaults',
      level: 'used',
      keep: ['/etc/login.defs'],
      reason: 'useradd, su and the like read the defaults of accounts',
      source: 'login.defs(5)',
    },
    {
      id: 'name-databases',
      level: 'used',
      keep: ['/etc/{services,protocols,rpc,networks,ethertypes,mime.types,shells}'],
      reason: 'getservbyname, getprotobyname and the like answer from these',
      source: 'services(5), protocols(5), rpc(5), networks(5)',
    },
  ],
};
