import type { Family } from './family.ts';

/** Apache. Its modules measure 3.3 MB in Debian, and what they link to counts against the bound of a rule. */
export const apache: Family = {
  id: 'apache',
  triggers: ['/usr/{local/,}{apache2/,}{sbin,bin}/{apache2,httpd}'],
  rules: [
    {
      id: 'modules',
      level: 'used',
      keep: ['/usr/lib/{apache2,httpd}/modules/*.so', '/usr/local/apache2/modules/*.so'],
      reason:
        'LoadModule names a module when a site is enabled; the directory is often reached through a link',
      source: 'Apache HTTP Server documentation, mod_so; a2enmod(8)',
    },
    {
      // 0.2 MB; a2enmod and its kin are perl scripts of the time when an image is built.
      id: 'tools',
      level: 'used',
      keep: [
        '/usr/{s,}bin/{apache2ctl,apachectl,htpasswd,htdigest,htdbm,rotatelogs}',
        '/usr/share/apache2/apache2-maintscript-helper',
      ],
      reason: 'logs are piped to rotatelogs; passwords are managed in a running container',
      source: 'Apache HTTP Server documentation, "Server and Supporting Programs"',
    },
    {
      id: 'configuration',
      level: 'used',
      keep: ['/etc/{apache2,httpd}/**', '/usr/local/apache2/conf/**', '/usr/share/apache2/{error,icons}/**'],
      reason: 'what IncludeOptional, a2enmod, ErrorDocument and directory listings name',
      source: 'Apache HTTP Server documentation, core: Include; mod_autoindex',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/{log,cache}/apache2{,/*}', '/var/lib/{apache2,dav}', '/run/{apache2,lock}', '/var/www'],
      reason: 'logs, locks and caches are made in them; apache makes no missing parent directories',
      source: 'Debian apache2, /etc/apache2/envvars',
    },
  ],
};

/** lighttpd. Its modules measure 0.6 MB. */
export const lighttpd: Family = {
  id: 'lighttpd',
  triggers: ['/usr/{local/,}sbin/lighttpd'],
  rules: [
    {
      id: 'modules',
      level: 'used',
      keep: ['/usr/lib/lighttpd/*.so', '/etc/lighttpd/**', '/usr/share/lighttpd/**'],
      reason: 'server.modules names them when a site uses them',
      source: 'lighttpd documentation, "server.modules"',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/{log,cache}/lighttpd{,/*}', '/run/lighttpd'],
      reason: 'bodies of requests and compressed answers are spooled there',
      source: 'lighttpd documentation, "server.upload-dirs"',
    },
  ],
};

/** Redis. Its programs are names of one file; modules and settings are read by name. Cost: below 0.1 MB. */
export const redis: Family = {
  id: 'redis',
  triggers: ['/usr/{local/,}bin/{redis,valkey,keydb}-server'],
  rules: [
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/{lib,log}/{redis,valkey}', '/run/redis', '/etc/{redis,valkey}'],
      reason:
        'snapshots are written to a new file beside the old one, and CONFIG REWRITE beside the settings',
      source: 'redis.conf, "dir"; redis documentation, "CONFIG REWRITE"',
    },
    {
      id: 'tools',
      level: 'used',
      keep: [
        '/usr/{local/,}bin/{redis,valkey}-{cli,check-aof,check-rdb,sentinel}',
        '/usr/lib/{redis,valkey}/modules/*.so',
      ],
      reason: 'health checks ask with the client; a damaged snapshot is checked with what made it',
      source: 'redis documentation, "Persistence", "loadmodule"',
    },
  ],
};

/** Mosquitto: plug-ins that a configuration names. Cost: 0.1 MB. */
export const mosquitto: Family = {
  id: 'mosquitto',
  triggers: ['/usr/{local/,}sbin/mosquitto'],
  rules: [
    {
      id: 'plug-ins',
      level: 'used',
      keep: ['/usr/lib/{*/,}mosquitto_*.so', '/etc/mosquitto/**'],
      reason: 'plugin names them',
      source: 'mosquitto.conf(5), "plugin"',
    },
  ],
};
