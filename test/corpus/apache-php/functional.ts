import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

/*
 * Not tested, for nobody can expect it of a slim image: a2enmod(8) in a running container. It is a perl script of the time when
 * an image is built, and would bring perl; an entrypoint that calls it is observed. Every module that it could enable loads.
 */
const ada = { authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` };
const call = (title: string, what: string, expected: string | RegExp): Check =>
  httpCheck(
    title,
    `/calls.php?what=${what}`,
    typeof expected === 'string' ? { text: expected } : { match: expected },
  );

const upload: Check = {
  title: 'takes an upload',
  async run({ baseUrl }) {
    const body = new FormData();
    body.set('file', new Blob(['carried'], { type: 'text/plain' }), 'a.txt');
    const answer = await (await fetch(`${baseUrl}/calls.php?what=upload`, { method: 'POST', body })).text();
    if (answer !== 'carried') throw new Error(answer);
  },
};

const visits: Check = {
  title: 'counts visits in a session',
  async run({ baseUrl }) {
    const address = `${baseUrl}/calls.php?what=session`;
    const first = await fetch(address);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const second = await (await fetch(address, { headers: { cookie } })).text();
    if (second !== 'visit 2') throw new Error(second);
  },
};

const server = [
  httpCheck('rewrites', '/item/7', { text: 'item 7' }),
  httpCheck('compresses', '/style.css', {
    match: /color/,
    answerHeaders: { 'content-encoding': /gzip/, expires: /GMT/ },
  }),
  httpCheck('sets a header', '/', { answerHeaders: { 'x-site': /main/ } }),
  httpCheck('asks for a password', '/members/a.txt', { status: 401 }),
  httpCheck('accepts a password', '/members/a.txt', { headers: ada, text: 'members only' }),
  httpCheck('denies', '/parts/secret.inc', { status: 403 }),
  httpCheck('answers a missing page in PHP', '/none', { status: 404, match: /Nothing here: \/none/ }),
  httpCheck('tells an error', '/calls.php?what=error', { status: 500 }),
  execCheck('accepts its configuration', ['apachectl', 'configtest'], { stderr: /Syntax OK/ }),
  execCheck('lists its modules', ['apachectl', '-M'], {
    match: /rewrite_module[\s\S]*ssl_module|ssl_module/,
  }),
  execCheck(
    'loads modules that it does not use',
    [
      'apachectl',
      '-t',
      ...'proxy proxy_http slotmem_shm proxy_balancer lbmethod_byrequests dav dav_fs cgid ldap authnz_ldap lua http2 session session_crypto brotli substitute include xml2enc remoteip info speling userdir vhost_alias'
        .split(' ')
        .flatMap((name) => ['-C', `Include /etc/apache2/mods-available/${name}.load`]),
    ],
    { stderr: /Syntax OK/ },
  ),
  execCheck('restarts gracefully', ['apachectl', 'graceful']),
  httpCheck('serves after that', '/', { match: /^Hello you/ }),
  execCheck('has a password tool', ['htpasswd', '-nbB', 'eve', 'x'], { match: /^eve:\$2y\$/ }),
];

const php = [
  call('uses PDO with SQLite', 'sqlite', 'summed'),
  call('uses SQLite with JSON', 'sqlite3', '7'),
  call('converts with mbstring', 'mbstring', 'KÄSE 93fa967b'),
  call('converts with iconv', 'iconv', 'a4 80 c4c1'),
  call('converts to East Asian sets with iconv', 'iconv-asia', 'c6fccbdc c8d5b1be'),
  call('transliterates with iconv', 'translit', /^K(a|ae|"a|\?)se$/),
  call('writes numbers and dates of other countries', 'intl', /^1\.234,50.€ 1 janvier 1970$/),
  call('orders as Swedes do', 'collator', 'azö'),
  call('transliterates with ICU', 'transliterate', 'Moskva'),
  call('converts international names', 'idn', 'xn--kse-qla.example'),
  call('normalises', 'normalize', '2'),
  call('draws JPEG, WebP and PNG', 'gd', 'image/png'),
  call('makes a request', 'curl', 'Hello curl'),
  call('makes a request over TLS', 'curl-tls', 'Hello tls'),
  call('refuses an unknown authority', 'curl-verify', 'refused'),
  call('makes a request with its own streams over TLS', 'stream-tls', 'Hello stream'),
  call('finds the authorities', 'cafile', 'there'),
  call('reads HTML', 'dom', /^ac? ?.*1$|^abc 1$/),
  call('reads XML in Latin 1', 'simplexml', 'Käse'),
  call('writes XML', 'xmlwriter', '<a>b</a>'),
  call('packs', 'zip', 'packed'),
  call('computes exactly', 'bcmath', '1267650600228229401496703205376'),
  call('knows Kathmandu', 'time-zone', '2024-07-01T12:00:00+05:45 +0545'),
  call('knows an old zone', 'old-zone', '2024-07-01T12:00:00-07:00'),
  call('encrypts', 'openssl', /^[0-9a-f]{32}$/),
  call('digests', 'legacy', 'same'),
  call('makes keys', 'key', '-----BEGIN PRIVATE KEY-----'),
  call('hashes passwords', 'password', 'verified'),
  call('uses sodium', 'sodium', '17'),
  call('knows the type of a file', 'fileinfo', 'application/pdf'),
  call('knows services and protocols', 'service', /^443 17$/),
  call('starts a shell', 'shell', 'SHELL'),
  call('starts programs', 'exec', /calls\.php|0$/),
  call('knows its user', 'user', 'www-data'),
  call('writes JSON', 'json', '{"a":"ä"}'),
  call('zips', 'gz', 'zipped'),
  call('has phar', 'phar', /1\.1/),
  call('has its cache', 'opcache', 'opcache'),
  call('sees an empty directory', 'empty', '2'),
  call('sets a locale', 'locale', /C\.UTF-8 A/),
  upload,
  visits,
];

export const functional = defineFullTest({
  name: 'apache-php',
  ports: [80],
  isReady: answersOk('/'),
  checks: [...php, ...server],
});
