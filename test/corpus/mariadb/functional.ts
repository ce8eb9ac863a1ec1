import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck } from '../../../samples/full-test.ts';

/*
 * Not tested, for nobody can expect it of a slim image: certificates that are made in the container, with the openssl(1) that
 * only the Dockerfile runs. `mariadb-{conv,waitpid,plugin}`, `replace`, `resolve_stack_dump` and `innochecksum` were never
 * tested; they are left out since (5 MB each).
 */
const client = (...argv: readonly string[]): readonly string[] => [
  'mariadb',
  '-u',
  'root',
  '-N',
  '-B',
  '--default-character-set=utf8mb4',
  ...argv,
];
const sql = (title: string, query: string, text: string | RegExp): Check =>
  execCheck(title, client('-e', query), typeof text === 'string' ? { text } : { match: text });
const plugin = (name: string, query = 'select 1', text: string | RegExp = /1/): Check =>
  sql(`installs the plug-in ${name}`, `install soname '${name}'; ${query}`, text);

const language = [
  sql(
    'makes a database',
    'create database app; create table app.t (n int primary key, w varchar(50), fulltext (w)) engine=InnoDB; insert into app.t values (1, "Käse"), (2, "winter word")',
    '',
  ),
  sql('reads it', 'select w from app.t where n = 1', 'Käse'),
  sql('searches text', 'select n from app.t where match(w) against ("winter")', '2'),
  sql(
    'orders as Swedes do',
    'select group_concat(w order by w collate utf8mb4_swedish_ci separator "") from (select "z" w union select "ö" union select "a") t',
    'azö',
  ),
  sql('orders by UCA 14', 'select "a" = "Á" collate uca1400_ai_ci', '1'),
  sql('recodes to Latin 1', 'select hex(convert("Käse" using latin1))', '4BE47365'),
  sql('recodes to Shift_JIS', 'select hex(convert("日本" using sjis))', '93FA967B'),
  sql('recodes to GBK', 'select hex(convert("日本" using gbk))', 'C8D5B1BE'),
  sql('knows its character sets', 'select count(*) >= 40 from information_schema.character_sets', '1'),
  sql('reads JSON', 'select json_value(\'{"a": [1, 42]}\', "$.a[1]")', '42'),
  sql('measures shapes', 'select st_area(st_geomfromtext("POLYGON((0 0,3 0,3 4,0 4,0 0))"))', '12'),
  sql('replaces by expressions', 'select regexp_replace("käse 12", "[0-9]+", "x")', 'käse x'),
  sql('encrypts', 'select aes_decrypt(aes_encrypt("pare", "k"), "k")', 'pare'),
  sql('hashes', 'select sha2("pare", 256) regexp "^[0-9a-f]{64}$"', '1'),
  sql('compresses', 'select uncompress(compress("pare"))', 'pare'),
  sql(
    'writes dates in German',
    'set lc_time_names = "de_DE"; select date_format("2024-03-01", "%W %M")',
    'Freitag März',
  ),
  sql('writes numbers in German', 'select format(1234.5, 2, "de_DE")', '1.234,50'),
  sql('has sequences', 'create sequence app.s; select nextval(app.s)', '1'),
  sql(
    'has system-versioned tables',
    'create table app.v (n int) with system versioning; insert into app.v values (1); update app.v set n = 2; select count(*) from app.v for system_time all',
    '2',
  ),
  sql('runs procedures', 'create procedure app.p() select 42; call app.p()', '42'),
  sql(
    'schedules events',
    'set global event_scheduler = on; create event app.e on schedule every 1 day do select 1',
    '',
  ),
  sql(
    'recurses',
    'with recursive r as (select 1 n union all select n + 1 from r where n < 10) select sum(n) from r',
    '55',
  ),
  sql(
    'has Aria tables',
    'create table app.a (n int) engine=Aria; insert into app.a values (7); select n from app.a',
    '7',
  ),
  sql(
    'has MyISAM tables',
    'create table app.m (n int) engine=MyISAM; insert into app.m values (7); check table app.m',
    /OK/,
  ),
  sql(
    'has CSV tables',
    'create table app.c (n int not null) engine=CSV; insert into app.c values (7); select n from app.c',
    '7',
  ),
  sql(
    'has memory tables',
    'create table app.h (n int) engine=MEMORY; insert into app.h values (7); select n from app.h',
    '7',
  ),
  sql('knows its own words', 'select count(*) > 500 from mysql.help_topic', '1'),
];

const plugins = [
  plugin(
    'ha_archive',
    'create table app.ar (n int) engine=ARCHIVE; insert into app.ar values (1); select n from app.ar',
    '1',
  ),
  plugin('ha_blackhole', 'create table app.bh (n int) engine=BLACKHOLE; select count(*) from app.bh', '0'),
  plugin('ha_federatedx'),
  plugin('ha_sphinx'),
  plugin(
    'ha_connect',
    'create table app.x (line varchar(100)) engine=CONNECT table_type=DOS file_name="/etc/hostname"; select count(*) from app.x',
    '1',
  ),
  plugin('server_audit'),
  plugin(
    'simple_password_check',
    'select count(*) from information_schema.plugins where plugin_name = "simple_password_check"; uninstall soname "simple_password_check"',
    '1',
  ),
  plugin('auth_ed25519'),
  plugin('auth_pam'),
  plugin('locales', 'select count(*) > 100 from information_schema.locales', '1'),
  plugin('query_response_time'),
  plugin('metadata_lock_info'),
  plugin('disks', 'select count(*) > 0 from information_schema.disks', '1'),
  plugin('sql_errlog'),
  plugin('type_mysql_json'),
];

const programs: readonly Check[] = [
  execCheck('loads time zones', [
    'sh',
    '-c',
    'mariadb-tzinfo-to-sql /usr/share/zoneinfo 2>/dev/null | mariadb -u root mysql',
  ]),
  sql(
    'converts between zones',
    'select convert_tz("2024-07-01 12:00:00", "UTC", "Asia/Kathmandu")',
    '2024-07-01 17:45:00',
  ),
  execCheck('tells faults in German', client('-e', 'set lc_messages = "de_DE"; select * from app.none'), {
    exitCode: 1,
    stderr: /Tabelle 'app\.none' existiert nicht/,
  }),
  execCheck('tells faults in Japanese', client('-e', 'set lc_messages = "ja_JP"; select * from app.none'), {
    exitCode: 1,
    stderr: /存在しません|ありません|doesn't exist/,
  }),
  execCheck(
    'dumps',
    ['sh', '-c', 'mariadb-dump -u root --routines --events app >/tmp/app.sql && grep -c "Käse" /tmp/app.sql'],
    { text: '1' },
  ),
  execCheck('restores', [
    'sh',
    '-c',
    'mariadb -u root -e "create database copy" && mariadb -u root copy </tmp/app.sql',
  ]),
  execCheck('checks tables', ['mariadb-check', '-u', 'root', 'app'], { match: /app\.t +OK/ }),
  execCheck('upgrades', ['mariadb-upgrade', '-u', 'root', '--force'], { match: /OK/ }),
  execCheck('shows what there is', ['mariadb-show', '-u', 'root', 'app'], { match: /\| t / }),
  execCheck('measures', ['mariadb-slap', '-u', 'root', '-a', '-i', '1'], {
    match: /Average number of seconds/,
  }),
  execCheck(
    'imports',
    ['sh', '-c', 'printf "9\\tnine\\n" >/tmp/t.txt && mariadb-import -u root --local app /tmp/t.txt'],
    { match: /Records: 1/ },
  ),
  execCheck('tells its settings', ['my_print_defaults', '--mariadbd'], { match: /bind-address/ }),
  execCheck('explains errors', ['perror', '13'], { match: /Permission denied/ }),
  execCheck('tells its state', ['mariadb-admin', '-u', 'root', 'status'], { match: /Uptime/ }),
  sql(
    'makes a user',
    'create user ada identified by "secret"; grant all on app.* to ada; create user eve identified via ed25519 using password("x")',
    '',
  ),
  execCheck(
    'lets them in by TCP',
    ['mariadb', '-h', '127.0.0.1', '-u', 'ada', '-psecret', '-N', '-e', 'select 1'],
    { text: '1' },
  ),
  execCheck(
    'lets them in by another kind of password',
    ['mariadb', '-h', '127.0.0.1', '-u', 'eve', '-px', '-N', '-e', 'select 1'],
    { text: '1' },
  ),
  execCheck(
    'refuses a wrong password',
    ['mariadb', '-h', '127.0.0.1', '-u', 'ada', '-px', '-e', 'select 1'],
    { exitCode: 1, stderr: /Access denied/ },
  ),
  {
    title: 'keeps its data over a restart',
    async run({ restart, exec }) {
      await restart();
      assert.equal((await exec(client('-e', 'select w from app.t where n = 1'))).stdout.trim(), 'Käse');
    },
  },
  {
    title: 'starts with other settings: a binary log, TLS and another language',
    async run({ runOnce }) {
      const script =
        'mariadb-install-db --auth-root-authentication-method=normal >/dev/null; mariadbd --log-bin --server-id=1 --ssl-key=/etc/mysql/tls/key.pem --ssl-cert=/etc/mysql/tls/cert.pem --lc-messages=fr_FR & until mariadb-admin ping >/dev/null 2>&1; do sleep 0.1; done; mariadb -u root -N -B -e "show variables like \'have_ssl\'; flush logs; select @@log_bin"; mariadb-binlog /var/lib/mysql/*-bin.000001 | head -3; mariadb-admin -u root shutdown';
      const { stdout, stderr } = await runOnce(['sh', '-c', script]);
      assert.match(
        stdout,
        /have_ssl\s+YES[\s\S]*1[\s\S]*SQL_LOG_BIN|have_ssl\s+YES\n1\n[\s\S]*\/\*!/,
        stderr.slice(-500),
      );
    },
  },
];

export const functional = defineFullTest({
  name: 'mariadb',
  ports: [3306],
  isReady: async ({ exec }) => (await exec(client('-e', 'select 1'))).exitCode === 0,
  checks: [...language, ...plugins, ...programs],
});
