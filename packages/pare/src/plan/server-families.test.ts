import { memoryTree } from '@pare/testkit';
import { expect, it } from 'vitest';
import { keptIn, planCase } from './testing/plan-case.ts';

const x = 'x';

/** Plans with one program used; gives what of the other paths is kept. */
function keptBeside(
  program: string,
  others: readonly string[],
  level: 'observed' | 'used' = 'used',
): readonly string[] {
  const tree = memoryTree(Object.fromEntries([program, ...others].map((path) => [path, x])));
  const plan = planCase(tree, { level, uses: [program] });
  return others.flatMap((path) => keptIn(plan, path));
}

it.each([
  [
    'apache',
    '/usr/sbin/apache2',
    ['/usr/lib/apache2/modules/mod_lua.so', '/etc/apache2/mods-available/lua.load'],
  ],
  ['lighttpd', '/usr/sbin/lighttpd', ['/usr/lib/lighttpd/mod_ssi.so']],
  [
    'php',
    '/usr/sbin/php-fpm8.2',
    ['/usr/lib/php/20220829/gmp.so', '/etc/php/8.2/cli/php.ini', '/usr/bin/php8.2'],
  ],
  [
    'postgres',
    '/usr/lib/postgresql/15/bin/postgres',
    ['/usr/lib/postgresql/15/lib/hstore.so', '/usr/share/postgresql/15/extension/hstore.control'],
  ],
  [
    'mysql',
    '/usr/sbin/mariadbd',
    ['/usr/lib/mysql/plugin/ha_archive.so', '/usr/share/mysql/german/errmsg.sys', '/usr/bin/mariadb-dump'],
  ],
  [
    'rabbitmq',
    '/usr/lib/rabbitmq/lib/rabbitmq_server-3/sbin/rabbitmq-server',
    ['/usr/lib/rabbitmq/lib/rabbitmq_server-3/plugins/rabbitmq_mqtt.ez'],
  ],
  ['redis', '/usr/bin/redis-server', ['/usr/bin/redis-cli']],
  ['mosquitto', '/usr/sbin/mosquitto', ['/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so']],
  [
    'git',
    '/usr/bin/git',
    [
      '/usr/lib/git-core/git-remote-https',
      '/usr/bin/ssh',
      '/usr/share/git-core/templates/hooks/update.sample',
    ],
  ],
  [
    'sasl of a server',
    '/usr/lib/x86_64-linux-gnu/libsasl2.so.2',
    ['/usr/lib/x86_64-linux-gnu/sasl2/libsasldb.so', '/etc/sasl2/memcached.conf'],
  ],
  [
    'imagemagick',
    '/usr/lib/x86_64-linux-gnu/libMagickCore-6.Q16.so.6',
    [
      '/usr/lib/x86_64-linux-gnu/ImageMagick-6.9.11/modules-Q16/coders/webp.so',
      '/usr/lib/x86_64-linux-gnu/ImageMagick-6.9.11/modules-Q16/coders/webp.la',
    ],
  ],
] as const)('%s: keeps at `used`, and not at `observed`, what it loads by name', (_, program, others) => {
  expect(keptBeside(program, others)).toEqual(others);
  expect(keptBeside(program, others, 'observed')).toEqual([]);
});

it.each([
  ['/usr/sbin/apache2', '/var/log/apache2'],
  ['/usr/sbin/php-fpm8.2', '/var/lib/php/sessions'],
  ['/usr/lib/postgresql/15/bin/postgres', '/var/log/postgresql'],
  ['/usr/sbin/mariadbd', '/var/log/mysql'],
])('%s: keeps the directory %s at every level, for it makes none', (program, directory) => {
  const tree = memoryTree({ [program]: x, [directory]: { directory: true } });
  expect(keptIn(planCase(tree, { level: 'observed', uses: [program] }), directory)).toContain(directory);
});

it('keeps other names of a program by update-alternatives where the program is kept, and only there', () => {
  const tree = memoryTree({
    '/usr/bin/compare-im6': x,
    '/usr/bin/vim.basic': x,
    '/etc/alternatives/compare': { symlink: '/usr/bin/compare-im6' },
    '/etc/alternatives/vi': { symlink: '/usr/bin/vim.basic' },
    '/usr/bin/compare': { symlink: '/etc/alternatives/compare' },
    '/usr/bin/vi': { symlink: '/etc/alternatives/vi' },
  });
  const plan = planCase(tree, { uses: ['/usr/bin/compare-im6'] });
  expect(keptIn(plan, '/usr/bin/compare')).toEqual(['/usr/bin/compare']);
  expect(plan.removed).toEqual(['/etc/alternatives/vi', '/usr/bin/vi', '/usr/bin/vim.basic']);
});

it('leaves the password store of SASL, which links to Berkeley DB, out where no server has one', () => {
  const directory = '/usr/lib/x86_64-linux-gnu/sasl2';
  const others = [`${directory}/libsasldb.so.2`, `${directory}/libplain.so.2`];
  expect(keptBeside('/usr/lib/x86_64-linux-gnu/libsasl2.so.2', others)).toEqual([others[1]]);
  expect(keptBeside('/usr/lib/x86_64-linux-gnu/libsasl2.so.2', [...others, '/etc/sasldb2'])).toContain(
    others[0],
  );
});

it('keeps PostgreSQL’s messages in the languages of the locale archive, and in all where it cannot be read', () => {
  const server = '/usr/lib/postgresql/15/bin/postgres';
  const messages = ['de', 'fr'].map((name) => `/usr/share/locale/${name}/LC_MESSAGES/postgres-15.mo`);
  const files = Object.fromEntries(
    [server, '/usr/lib/locale/locale-archive', ...messages].map((path) => [path, x]),
  );
  const kept = (archivedLocales?: readonly string[]): readonly string[] => {
    const plan = planCase(memoryTree(files), {
      uses: [server],
      ...(archivedLocales === undefined ? {} : { archivedLocales }),
    });
    return messages.flatMap((path) => keptIn(plan, path));
  };
  expect(kept(['de_DE.utf8'])).toEqual([messages[0]]);
  expect(kept([])).toEqual([]);
  expect(kept()).toEqual(messages);
});
