import type { Family } from './family.ts';

/** PHP, with its FastCGI process manager and its module for Apache. Extensions that are installed measure 5 to 15 MB. */
export const php: Family = {
  id: 'php',
  triggers: [
    '/usr/{local/,}{bin,sbin}/php{,[0-9]*,-fpm*}',
    '/usr/lib/apache2/modules/libphp*.so',
    '/usr/{local/,}lib/{*/,}libphp*.so*',
  ],
  runtime: [
    '/usr/local/lib/php/**',
    '/usr/local/bin/{php*,pear*,pecl,phar*}',
    '/usr/local/include/php/**',
    '/usr/src/php*',
  ],
  drops: ['/usr/local/lib/php/{doc,test,build}/**'],
  rules: [
    {
      id: 'extensions',
      level: 'used',
      keep: ['/usr/lib/php/*/*.so', '/usr/local/lib/php/extensions/*/*.so'],
      reason: 'extensions that another interface (the command line, FastCGI) loads by its settings',
      source: 'PHP manual, "Runtime Configuration": extension, extension_dir',
    },
    {
      id: 'settings',
      level: 'used',
      keep: ['/etc/php/**', '/usr/local/etc/php{,-fpm.conf,-fpm.d,/**,-fpm.d/**}', '/usr/share/php/**/*.php'],
      reason: 'settings of each interface, and libraries on the usual include_path',
      source: 'PHP manual, "The configuration file": PHP_INI_SCAN_DIR; include_path',
    },
    {
      id: 'command-line',
      level: 'used',
      keep: ['/usr/{local/,}bin/{php,php[0-9]*}', '/etc/alternatives/{php,phar,phar.phar}'],
      reason: 'jobs, migrations and tools of an application are run by the command line interface',
      source: 'PHP manual, "Using PHP from the command line"',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/lib/php{,/sessions,/modules}', '/run/php'],
      reason: 'the first session is written there, and the socket of the process manager',
      source: 'PHP manual, session.save_path; Debian php-common',
    },
  ],
};
