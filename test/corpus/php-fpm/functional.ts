import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const page = (title: string, path: string, expected: string | RegExp): Check =>
  httpCheck(title, path, typeof expected === 'string' ? { text: expected } : { match: expected });

const upload: Check = {
  title: 'takes an upload by way of its temporary directory',
  async run({ baseUrl }) {
    const body = new FormData();
    body.set('file', new Blob(['x'.repeat(1_500_000)]), 'a.php');
    const answer = await (await fetch(`${baseUrl}/upload`, { method: 'POST', body })).text();
    if (answer !== 'stored') throw new Error(answer);
  },
};

const visits: Check = {
  title: 'counts visits in a session',
  async run({ baseUrl }) {
    const first = await fetch(`${baseUrl}/session`);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const second = await (await fetch(`${baseUrl}/session`, { headers: { cookie } })).text();
    if (second !== 'visit 2') throw new Error(second);
  },
};

export const functional = defineFullTest({
  name: 'php-fpm',
  ports: [80],
  isReady: answersOk('/'),
  checks: [
    page('computes with large numbers', '/gmp', '515377520732011331036461129765621272702107522001'),
    page('answers SOAP', '/soap', /WORD/),
    page('has the drivers of databases', '/pdo', 'mysql pgsql'),
    page('tries a MySQL server', '/mysql', '2002'),
    page('tries a PostgreSQL server', '/pgsql', '1'),
    page('tries a Redis server', '/redis', /^RedisException Connection refused/),
    page('keeps values in memory', '/apcu', '42'),
    page('transforms XML', '/xsl', 'b'),
    page('works on strings of many bytes', '/mbstring', 'äö UTF-8 日本…'),
    page('recodes', '/iconv', 'be 6100'),
    page('knows Lord Howe', '/zone', '2024-07-01T12:00:00+10:30'),
    page('knows all zones', '/zones', 'many'),
    page('starts a shell', '/shell', /www-data\s+3/),
    page('starts PHP', '/proc', '42'),
    page('hashes', '/hash', /^[0-9a-f]{16} \d+ mac$/),
    page('looks a name up', '/dns', '127.0.0.1'),
    page('reads code', '/tokens', /^\d+$/),
    page('knows types of files', '/fileinfo', /^text\/x-php image\/png$/),
    page('reflects', '/reflection', 'int'),
    page('lists its settings', '/readdir', /\.ini/),
    page('shares memory', '/sysv', 'shm'),
    page('has FTP', '/ftp', 'ftp'),
    page('knows calendars', '/calendar', '2/29/2024 Sun'),
    page('reads pictures’ notes', '/exif', 'no image'),
    page('has an environment', '/env', /8\.2/),
    httpCheck('takes a body', '/post', { method: 'POST', body: 'word', text: 'drow' }),
    httpCheck('tells a missing page', '/none', { status: 404, text: 'nothing at /none' }),
    httpCheck('tells a failure', '/fail', { status: 500 }),
    httpCheck('does not run what was uploaded', '/uploads/a.php', { status: 403 }),
    page('goes on after its answer', '/finish', 'sent'),
    {
      title: 'which had an effect',
      async run({ baseUrl }) {
        for (const end = Date.now() + 10_000; Date.now() < end; ) {
          if ((await (await fetch(`${baseUrl}/later`)).text()) === 'later') return;
        }
        throw new Error('nothing was written after the answer');
      },
    },
    upload,
    visits,
    execCheck('accepts its settings', ['php-fpm8.2', '-t'], { stderr: /test is successful/ }),
    execCheck(
      'runs on the command line',
      [
        'php8.2',
        '-r',
        'echo PHP_SAPI, implode(",", array_filter(["gmp", "soap", "redis"], "extension_loaded"));',
      ],
      { match: /^cligmp,soap,redis$/ },
    ),
    execCheck('lists its modules', ['php', '-m'], { match: /apcu[\s\S]*Zend OPcache/ }),
    execCheck('reads from its input', ['php'], { input: '<?= strtoupper("read");', text: 'READ' }),
    execCheck('reloads both servers', [
      'sh',
      '-c',
      'nginx -s reload && kill -USR2 "$(cat /run/php/php8.2-fpm.pid)"',
    ]),
    { title: 'comes up again', run: ({ restart }) => restart() },
    page('serves after that', '/gmp', /^5153/),
  ],
});
