import { catalogueLanguage } from '../languages.ts';
import type { Family } from './family.ts';

/**
 * PostgreSQL. What extensions, text search and encodings load by name measures 9 MB. The just-in-time compiler links to
 * LLVM (110 MB) and falls to the bound of a rule: the server computes without it (`jit_provider`).
 */
export const postgres: Family = {
  id: 'postgres',
  triggers: ['/usr/{lib,local}/{postgresql/*/,}bin/postgres', '/usr/local/{pgsql/,}bin/postgres'],
  drops: ['/usr/{lib,local/lib}/postgresql/{*/lib/,}{bitcode,pgxs}/**'],
  rules: [
    {
      id: 'libraries',
      level: 'used',
      keep: ['/usr/lib/postgresql/*/lib/**/*.so', '/usr/local/lib/postgresql/*.so'],
      reason:
        'CREATE EXTENSION, a conversion between encodings and a text search dictionary load them by name',
      source: 'PostgreSQL documentation, "dynamic_library_path"; CREATE CONVERSION',
    },
    {
      id: 'data',
      level: 'used',
      keep: ['/usr/{local/,}share/postgresql/**', '/etc/postgresql-common/**'],
      reason: 'extensions, sets of time zone abbreviations, dictionaries, and what initdb makes a cluster of',
      source:
        'PostgreSQL documentation, "Packaging Related Objects into an Extension"; "Time Zone Configuration Files"',
    },
    {
      id: 'tools',
      level: 'used',
      keep: [
        '/usr/lib/postgresql/*/bin/{initdb,pg_ctl,pg_controldata,pg_resetwal,pg_isready,psql,pg_dump,pg_dumpall,pg_restore,pg_basebackup,createdb,createuser,vacuumdb}',
      ],
      reason: 'an entrypoint makes the cluster of an empty volume with them; operators dump with them',
      source: 'PostgreSQL documentation, "PostgreSQL Server Applications"',
    },
    {
      id: 'messages',
      level: 'used',
      keep: (view) =>
        view
          .expand('/usr/share/locale/*/LC_MESSAGES/{postgres,plpgsql,libpq5,psql}-*.mo')
          .filter((path) => view.hasLanguage(catalogueLanguage(path) ?? '')),
      overridesDrops: true,
      reason: 'lc_messages selects them in a session',
      source: 'PostgreSQL documentation, "Locale Support"',
    },
    {
      id: 'perl',
      level: 'used',
      keep: (view) =>
        view.expand('/usr/lib/postgresql/*/lib/plperl.so').length === 0
          ? []
          : view.expand('/usr/lib/*/perl-base/**'),
      reason: 'PL/Perl embeds an interpreter that loads its first modules when a function is made',
      source: 'PostgreSQL documentation, "PL/Perl — Perl Procedural Language"',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/lib/postgresql{,/*}', '/run/postgresql', '/var/log/postgresql'],
      reason: 'the socket and the cluster are made in them',
      source: 'PostgreSQL documentation, "unix_socket_directories"',
    },
  ],
};

/**
 * MariaDB and MySQL. Character sets and messages measure 2.4 MB, plug-ins 2.6 MB. Tools that an operator runs by hand are
 * 5 MB each, for they hold the whole client: those that images and backups use stay.
 */
export const mysql: Family = {
  id: 'mysql',
  triggers: ['/usr/{local/,}{sbin,bin}/{mariadbd,mysqld}'],
  drops: [
    '/usr/share/mysql/{mini-benchmark,wsrep_notify,errmsg-utf8.txt,policy}/**',
    '/usr/share/mysql-test/**',
    '/usr/bin/{mariadb,mysql}{-,_}{conv,convert_table_format,fix_extensions,plugin,waitpid}',
    '/usr/bin/{mysql_waitpid,mysql_plugin,replace,resolve_stack_dump,innochecksum,mytop,msql2mysql}',
  ],
  rules: [
    {
      id: 'plug-ins',
      level: 'used',
      keep: ['/usr/lib/{*/,}{mysql,mariadb,libmariadb3,mariadb19}/plugin/**/*.so'],
      reason: 'INSTALL SONAME and accounts with another way to authenticate load them by name',
      source: 'MariaDB documentation, "INSTALL SONAME"; MySQL manual, "Client Plugins"',
    },
    {
      id: 'data',
      level: 'used',
      keep: ['/usr/share/{mysql,mariadb}/**', '/etc/mysql/**'],
      reason: 'messages in other languages, character sets, and what the system tables are made of',
      source: 'MariaDB documentation, "lc_messages_dir", "character_sets_dir", "mariadb-install-db"',
    },
    {
      id: 'tools',
      level: 'used',
      keep: [
        '/usr/bin/{mariadb,mysql}{,-admin,admin,-dump,dump,-check,check,-upgrade,_upgrade,-install-db,_install_db,-tzinfo-to-sql,_tzinfo_to_sql}',
        '/usr/bin/{my_print_defaults,resolveip,perror}',
      ],
      reason:
        'an entrypoint makes and upgrades the data of a volume with them; health checks and backups use them',
      source: 'MariaDB documentation, "Clients & Utilities"',
    },
    {
      id: 'working-directories',
      level: 'observed',
      keep: ['/var/lib/mysql{,-files,-keyring}', '/run/mysqld', '/var/log/mysql'],
      reason: 'the socket, the data and logs are made in them',
      source: 'MariaDB documentation, "datadir", "socket"',
    },
  ],
};
