import { answersOk, type Check, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

const json = { 'content-type': 'application/json' };
const manage = (...argv: readonly string[]) => ['python3', 'manage.py', ...argv];

/** Logs in as the administrator and returns the cookies. */
async function logIn(baseUrl: string): Promise<string> {
  const form = await fetch(`${baseUrl}/admin/login/`);
  const token = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await form.text())?.[1] ?? '';
  const cookie = form.headers.get('set-cookie')?.split(';')[0] ?? '';
  const answer = await fetch(`${baseUrl}/admin/login/?next=/admin/`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams({ csrfmiddlewaretoken: token, username: 'ada', password: 'secret' }),
  });
  if (answer.status !== 302) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 200)}`);
  return answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
}

const adminPage = (title: string, path: string, match: RegExp): Check => ({
  title,
  async run({ baseUrl }) {
    const answer = await fetch(`${baseUrl}${path}`, { headers: { cookie: await logIn(baseUrl) } });
    const body = await answer.text();
    if (!match.test(body)) throw new Error(`${answer.status} ${body.slice(0, 300)}`);
  },
});

const pages = [
  httpCheck('lists books with filters and tags of its own', '/books/', {
    match: /<b>TIDES<\/b> 120 thin[\s\S]*thick[\s\S]*2 Shelf/,
  }),
  httpCheck('shows the second page', '/books/?page=2', { match: /MOUNTAINS<\/b> 1,300/ }),
  httpCheck('lists books in German', '/books/', {
    headers: { 'accept-language': 'de' },
    match: /<title>Suchen<\/title>[\s\S]*Regal/,
  }),
  httpCheck('shows a book in German', '/books/2/', {
    headers: { 'accept-language': 'de' },
    match: /Über Land 1\. Mai 2021 09:00 uber-land/,
  }),
  httpCheck('shows a book in Japanese', '/books/1/', {
    headers: { 'accept-language': 'ja' },
    match: /2020年5月1日/,
  }),
  httpCheck('shows a form', '/books/new', { match: /csrfmiddlewaretoken.*name="title"/s }),
  httpCheck('refuses a form without its token', '/books/new', { method: 'POST', status: 403, match: /CSRF/ }),
  httpCheck('answers 404 with a page', '/nowhere', { status: 404, match: /Nothing here/ }),
  httpCheck('answers 500 with a page', '/books/fail', { status: 500, match: /Out of order/ }),
  httpCheck('makes a feed', '/books/feed', { match: /<rss.*<title>Mountains<\/title>/s }),
  httpCheck('makes a site map', '/sitemap.xml', { match: /<loc>.*\/books\/3\/<\/loc>/ }),
  httpCheck('translates for JavaScript', '/jsi18n/', { match: /django\.gettext|gettext/ }),
  httpCheck('packs its answers', '/books/', { headers: { 'accept-encoding': 'gzip' }, match: /TIDES/ }),
];

const data = [
  httpCheck('writes JSON', '/books/api', { match: /"title": "Tides"/ }),
  httpCheck('writes XML', '/books/api?format=xml', { match: /<django-objects version="1\.0">/ }),
  httpCheck('creates a book', '/books/api', {
    body: '{"title":"New","pages":1,"published":"2022-01-01T00:00:00Z"}',
    headers: json,
    status: 201,
  }),
  httpCheck('searches with functions of the database', '/books/search?q=^ti', {
    match: /"titles": \["Tides"\].*"years": \["2020-01-01"/,
  }),
  httpCheck('searches in JSON', '/books/search?q=sea', { match: /"Tides"/ }),
  httpCheck('caches in files', '/books/cached', { json: { value: 42 } }),
  httpCheck('sends mail from a template', '/books/mail', { match: /Please return Tides/ }),
  httpCheck('exports in latin1', '/books/excel/iso-8859-1', {
    answerHeaders: { 'content-type': /8859/ },
    match: /Tides,120/,
  }),
  httpCheck('exports in UTF-16', '/books/excel/utf-16', { status: 200 }),
];

const administration = [
  httpCheck('asks for a login', '/admin/', { status: 302, answerHeaders: { location: /\/admin\/login/ } }),
  adminPage('shows the administration', '/admin/', /Site administration/),
  adminPage(
    'lists and searches books',
    '/admin/books/book/?q=Tides',
    /<a href="\/admin\/books\/book\/1\/change\//,
  ),
  adminPage('edits a book', '/admin/books/book/1/change/', /vDateField/),
  adminPage('edits a user', '/admin/auth/user/1/change/', /pbkdf2_sha256/),
  adminPage('changes a password', '/admin/password_change/', /id_new_password1/),
  httpCheck('serves the style of the administration', '/static/admin/css/base.css', {
    answerHeaders: { 'content-type': /text\/css/ },
  }),
  httpCheck('serves its own style', '/static/books/books.css', { match: /margin/ }),
];

const commands = [
  execCheck('runs a command of its own', manage('shelve', '--width', '1'), { match: /^\d shelves/ }),
  execCheck('checks itself', manage('check'), { match: /no issues/ }),
  execCheck('shows migrations', manage('showmigrations', 'books'), { match: /\[X\] 0001_initial/ }),
  execCheck('plans a migration', manage('makemigrations', '--check', '--dry-run'), { match: /No changes/ }),
  execCheck('shows the SQL of a migration', manage('sqlmigrate', 'books', '0001'), {
    match: /CREATE TABLE "books_book"/,
  }),
  execCheck('dumps data', manage('dumpdata', 'auth.user', '--indent', '1'), { match: /"username": "ada"/ }),
  execCheck('collects static files again', manage('collectstatic', '--noinput', '--dry-run'), {
    match: /static files? copied|unmodified/,
  }),
  execCheck('sets up a project from a template', [
    'python3',
    '-m',
    'django',
    'startproject',
    'fresh',
    '/tmp',
  ]),
  execCheck(
    'runs code',
    manage(
      'shell',
      '-c',
      'from django.utils import timezone; print(timezone.localtime(timezone.now()).tzname())',
    ),
    { match: /CES?T/ },
  ),
];

export const functional = defineFullTest({
  name: 'django',
  ports: [8000],
  isReady: answersOk('/health'),
  checks: [...pages, ...data, ...administration, ...commands],
});
