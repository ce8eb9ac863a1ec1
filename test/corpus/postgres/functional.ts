import assert from 'node:assert/strict';
import { type Check, defineFullTest, execCheck } from '../../../samples/full-test.ts';

/*
 * Not tested, for nobody can expect it of a slim image: certificates that are made in the container. The Dockerfile runs
 * openssl(1) for the image's own, nothing that runs names it, and a scenario that wants it says `keep: { packages: [openssl] }`.
 */
const psql = (...argv: readonly string[]): readonly string[] => [
  'psql',
  '-U',
  'postgres',
  '-At',
  '-v',
  'ON_ERROR_STOP=1',
  ...argv,
];
/** One query's answer is this text. */
const sql = (title: string, query: string, text: string | RegExp): Check =>
  execCheck(title, psql('-c', query), typeof text === 'string' ? { text } : { match: text });
/** An extension is created and a query of it answers. */
const extension = (name: string, query: string, text: string | RegExp): Check => ({
  ...sql(`has the extension ${name}`, `create extension "${name}" cascade; ${query}`, text),
});

const language = [
  sql('computes', 'select 2 ^ 10, round(1.255, 2)', '1024|1.26'),
  sql('runs plpgsql', "do $$ begin raise notice 'in %', 1; end $$; select 1", /1/),
  sql(
    'runs plperl',
    "create extension plperl; create function back(text) returns text language plperl as 'return scalar reverse $_[0];'; select back('pare')",
    /erap/,
  ),
  sql(
    'searches text in English',
    "select to_tsvector('english', 'The winters were running') @@ to_tsquery('winter & run')",
    't',
  ),
  sql('searches text in German', "select to_tsvector('german', 'Häuser und Bäume')", /baum.*haus|haus.*baum/),
  sql('searches text in Russian', "select to_tsvector('russian', 'дома')", /дом/),
  sql(
    'knows time zones',
    "set timezone = 'Asia/Kathmandu'; select '2024-07-01 12:00+00'::timestamptz",
    /17:45:00\+05:45/,
  ),
  sql(
    'knows abbreviations of zones',
    "select '2024-07-01 12:00 CEST'::timestamptz at time zone 'utc'",
    '2024-07-01 10:00:00',
  ),
  sql(
    'knows other sets of abbreviations',
    "set timezone_abbreviations = 'Australia'; select '2024-07-01 12:00 AEST'::timestamptz at time zone 'utc'",
    /02:00:00/,
  ),
  sql('lists zones', 'select count(*) > 500 from pg_timezone_names', 't'),
  sql(
    'orders by ICU',
    "select string_agg(w, '' order by w collate \"sv-x-icu\") from unnest(array['z', 'ö', 'a']) w",
    'azö',
  ),
  sql(
    'orders by the C library',
    "select string_agg(w, '' order by w collate \"de_DE.utf8\") from unnest(array['z', 'ö', 'a']) w",
    'aöz',
  ),
  sql(
    'writes numbers as Germans do',
    "set lc_numeric = 'de_DE.utf8'; select to_char(1234.5, '9G999D99')",
    /1\.234,50/,
  ),
  sql(
    'writes months as Germans do',
    "set lc_time = 'de_DE.utf8'; select to_char('2024-03-01'::date, 'TMMonth')",
    /März/,
  ),
  sql('recodes to Latin 1', "select encode(convert_to('Käse', 'LATIN1'), 'hex')", '4be47365'),
  sql('recodes to Shift_JIS', "select encode(convert_to('日本', 'SJIS'), 'hex')", '93fa967b'),
  sql('recodes to GB18030', "select encode(convert_to('日本', 'GB18030'), 'hex')", 'c8d5b1be'),
  sql('recodes to KOI8-R', "select encode(convert_to('да', 'KOI8R'), 'hex')", 'c4c1'),
  sql('recodes to EUC-JP', "select encode(convert_to('日本', 'EUC_JP'), 'hex')", 'c6fccbdc'),
  sql(
    'makes a database in another encoding',
    "create database latin encoding 'LATIN1' locale 'C' template template0",
    /CREATE DATABASE/,
  ),
  sql('reads JSON paths', "select jsonb_path_query('{\"a\": [1, 42]}', '$.a[*] ? (@ > 2)')", '42'),
  sql('reads XML', "select (xpath('/a/b/text()', '<a><b>word</b></a>'))[1]", 'word'),
  sql(
    'compiles queries just in time',
    'set jit = on; set jit_above_cost = 0; select sum(i) from generate_series(1, 1000) i',
    /500500/,
  ),
  sql('works in parallel', 'set force_parallel_mode = on; select count(*) from pg_class', /\d+/),
];

const extensions = [
  extension(
    'pgcrypto',
    "select crypt('a', gen_salt('bf')) like '$2a$%', encode(digest('pare', 'sha256'), 'hex') ~ '^[0-9a-f]{64}$'",
    /t\|t/,
  ),
  extension('hstore', "select 'a=>1'::hstore -> 'a'", /^1$/m),
  extension('pg_trgm', "select similarity('word', 'world') > 0.3", /t/),
  extension('unaccent', "select unaccent('Käse')", /Kase/),
  extension('citext', "select 'A'::citext = 'a'", /t/),
  extension('ltree', "select 'a.b'::ltree @> 'a.b.c'", /t/),
  extension(
    'uuid-ossp',
    "select uuid_generate_v5(uuid_ns_dns(), 'example.org')",
    /aad03681-8b63-5304-89e0-8ca8f49461b5/,
  ),
  extension('fuzzystrmatch', "select levenshtein('winter', 'summer'), soundex('pare')", /4\|P600/),
  extension('tablefunc', 'select count(*) from normal_rand(5, 0, 1)', /5/),
  extension('xml2', "select xpath_string('<a>b</a>', '/a')", /b/),
  extension('cube', "select cube_distance('(0,0)', '(3,4)')", /5/),
  extension(
    'earthdistance',
    'select round(earth_distance(ll_to_earth(0, 0), ll_to_earth(0, 1)))',
    /111319|111320/,
  ),
  extension('intarray', "select sort('{3,1,2}'::int[])", /\{1,2,3\}/),
  extension(
    'btree_gist',
    'create table rooms (n int, during tsrange, exclude using gist (n with =, during with &&))',
    /CREATE TABLE/,
  ),
  extension(
    'postgres_fdw',
    "create server self foreign data wrapper postgres_fdw options (dbname 'postgres', host '/var/run/postgresql')",
    /CREATE SERVER/,
  ),
  extension(
    'dblink',
    "select * from dblink('dbname=postgres user=postgres', 'select 42') as t (n int)",
    /42/,
  ),
  extension(
    'file_fdw',
    "create server files foreign data wrapper file_fdw; create foreign table names (a text) server files options (filename '/etc/hostname'); select count(*) from names",
    /1/,
  ),
  extension('sslinfo', 'select ssl_is_used()', /f/),
  extension('pageinspect', "select count(*) from page_header(get_raw_page('pg_class', 0))", /1/),
  extension('dict_xsyn', 'select 1', /1/),
  extension('isn', "select isbn('978-0-393-04002-9')", /0-393-04002-X/),
  extension('bool_plperl', 'select 1', /1/),
];

const programs: readonly Check[] = [
  execCheck('has a password for whoever comes by TCP', psql('-c', "alter user postgres password 'secret'")),
  execCheck('lets them in', ['env', 'PGPASSWORD=secret', ...psql('-h', '127.0.0.1', '-c', 'select 1')], {
    text: '1',
  }),
  execCheck(
    'refuses a wrong password',
    ['env', 'PGPASSWORD=x', ...psql('-h', '127.0.0.1', '-c', 'select 1')],
    { exitCode: 2, stderr: /password authentication failed/ },
  ),
  execCheck('tells faults in German', psql('-c', "set lc_messages = 'de_DE.utf8'", '-c', 'select 1 / 0'), {
    exitCode: 1,
    stderr: /Division durch Null|FEHLER/,
  }),
  execCheck('makes a benchmark’s tables', ['pgbench', '-U', 'postgres', '-i', '-q', 'postgres'], {
    stderr: /done/,
  }),
  execCheck('measures itself', ['pgbench', '-U', 'postgres', '-t', '5', 'postgres'], { match: /tps = / }),
  execCheck('dumps', ['pg_dump', '-U', 'postgres', '-Fc', '-f', '/tmp/dump', 'postgres']),
  execCheck('restores', [
    'sh',
    '-c',
    'createdb -U postgres copy && pg_restore -U postgres --no-owner -t pgbench_branches -d copy /tmp/dump',
  ]),
  execCheck('dumps all', ['sh', '-c', 'pg_dumpall -U postgres | gzip >/tmp/all.gz && ls -s /tmp/all.gz']),
  execCheck('takes a base backup', [
    'pg_basebackup',
    '-U',
    'postgres',
    '-D',
    '/tmp/backup',
    '-Ft',
    '-z',
    '-X',
    'fetch',
    '-c',
    'fast',
  ]),
  execCheck('verifies its files', ['pg_controldata'], { match: /Database cluster state: +in production/ }),
  execCheck('copies from a program', psql('-c', "copy (select 1) to program 'cat >/tmp/copied'"), {
    text: 'COPY 1',
  }),
  execCheck('vacuums', ['vacuumdb', '-U', 'postgres', '-aq']),
  execCheck('shows help on SQL', psql('-c', '\\h copy'), { match: /COPY table_name/ }),
  execCheck('describes tables', psql('-c', '\\d pgbench_branches'), { match: /bbalance/ }),
  execCheck('decodes its log', psql('-c', 'alter system set wal_level = logical')),
  execCheck(
    'uses TLS after a restart',
    psql(
      '-c',
      'alter system set ssl = on',
      '-c',
      "alter system set ssl_cert_file = '/etc/postgresql-common/image.crt'",
      '-c',
      "alter system set ssl_key_file = '/etc/postgresql-common/image.key'",
    ),
  ),
  {
    title: 'keeps its data over a restart',
    async run({ restart, exec }) {
      await restart();
      assert.equal(
        (await exec(psql('-c', "select unaccent('Käse'), count(*) from pgbench_branches"))).stdout.trim(),
        'Kase|1',
      );
    },
  },
  execCheck(
    'speaks TLS',
    [
      'env',
      'PGPASSWORD=secret',
      'PGSSLMODE=require',
      ...psql('-h', '127.0.0.1', '-c', 'select ssl_is_used()'),
    ],
    { text: 't' },
  ),
  sql(
    'decodes changes',
    "select 'made' from pg_create_logical_replication_slot('s', 'test_decoding')",
    'made',
  ),
  sql('makes a change', 'insert into pgbench_branches values (99, 1)', 'INSERT 0 1'),
  sql('reads the change', "select count(*) > 1 from pg_logical_slot_get_changes('s', null, null)", 't'),
];

export const functional = defineFullTest({
  name: 'postgres',
  ports: [5432],
  start: { options: ['--shm-size', '128m'] },
  isReady: async ({ exec }) =>
    (await exec(psql('-h', '/var/run/postgresql', '-c', 'select 1'))).exitCode === 0,
  checks: [...language, ...extensions, ...programs],
});
