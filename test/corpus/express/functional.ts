import { answersOk, defineFullTest, httpCheck } from '../../../samples/full-test.ts';
import { sessionCheck, uploadCheck } from '../checks.ts';

const json = { 'content-type': 'application/json' };

const views = [
  httpCheck('renders an EJS view with a partial', '/catalog', { match: /<li>tea: 5\.00<\/li>/ }),
  httpCheck('renders a pug view with a layout', '/catalog/1.txt', {
    match: /<title>Shop<\/title>.*<h1>milk<\/h1>/,
  }),
  httpCheck('renders the page of a missing address', '/nowhere', {
    status: 404,
    match: /Nothing at \/nowhere/,
  }),
  httpCheck('renders the page of a failure and logs it', '/machine/fail', {
    status: 503,
    match: /broken on purpose/,
  }),
  httpCheck('serves a style sheet', '/public/shop.css', { answerHeaders: { 'content-type': /text\/css/ } }),
  httpCheck('serves a picture', '/public/logo.svg', { answerHeaders: { 'content-type': /image\/svg/ } }),
  httpCheck('sets the headers of helmet', '/health', {
    answerHeaders: { 'content-security-policy': /default-src/ },
  }),
];

const data = [
  httpCheck('requires an exporter by its name', '/catalog/export/csv', { match: /tea;5/ }),
  httpCheck('requires another exporter by its name', '/catalog/export/yaml', { match: /- name: milk/ }),
  httpCheck('fails for an exporter that does not exist', '/catalog/export/none', {
    status: 500,
    match: /Cannot find module/,
  }),
  httpCheck('accepts what joi finds valid', '/catalog', {
    body: '{"name":"salt","price":2}',
    headers: json,
    status: 201,
  }),
  httpCheck('refuses what joi finds wrong', '/catalog', {
    body: '{"name":"s"}',
    headers: json,
    status: 422,
    match: /at least 2/,
  }),
  httpCheck('refuses broken JSON', '/catalog', { body: '{', headers: json, status: 400, match: /JSON/ }),
  httpCheck('parses a form', '/catalog', {
    body: 'name=rice&price=3',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 201,
    json: { name: 'rice', price: 3 },
  }),
  httpCheck('decodes latin1', '/files/charset', {
    body: new Uint8Array([0xe4, 0x6f]),
    headers: { 'content-type': 'text/plain; charset=iso-8859-1' },
    text: 'äo',
  }),
  httpCheck('decodes Shift_JIS', '/files/charset', {
    body: new Uint8Array([0x93, 0xfa, 0x96, 0x7b]),
    headers: { 'content-type': 'text/plain; charset=shift_jis' },
    text: '日本',
  }),
  uploadCheck(
    '/files/upload',
    new File(['pare'], 'pare.txt', { type: 'text/x-pare' }),
    {},
    /^\{"name":"pare.txt","type":"text\/x-pare","size":4\}$/,
  ),
  httpCheck('compresses a large answer', '/files/large', {
    headers: { 'accept-encoding': 'gzip' },
    answerHeaders: { 'content-encoding': /gzip/ },
    match: /^line/,
  }),
  httpCheck('packs with brotli', '/files/brotli', { text: 'packed' }),
  httpCheck('sends a download', '/files/download', {
    answerHeaders: { 'content-disposition': /terms\.pdf/ },
    match: /^%PDF/,
  }),
];

const account = [
  sessionCheck('/account/visits', /"visits":2/),
  httpCheck('hashes with scrypt and HMAC', '/account/hash', {
    body: '{"password":"x"}',
    headers: json,
    match: /"scrypt":"[0-9a-f]{32}"/,
  }),
  httpCheck('signs a cookie and redirects', '/account/remember', {
    status: 302,
    answerHeaders: { 'set-cookie': /user=s%3Aada/ },
  }),
  httpCheck('knows nobody without a cookie', '/account/who', { json: { user: null } }),
];

const surroundings = [
  httpCheck('tells the time in Tokyo in Japanese', '/times/zone?zone=Asia/Tokyo&locale=ja', {
    match: /21:00:00\.000\+09:00.*2024年7月1日/,
  }),
  httpCheck('tells the time in Lima in German', '/times/zone?zone=America/Lima&locale=de', {
    match: /-05:00.*1\. Juli 2024/,
  }),
  httpCheck('formats money in French', '/times/money?locale=fr-FR', { match: /1\s234,50\s€/ }),
  httpCheck('requires a message file by its language', '/times/greeting/fr', { json: { hello: 'Bonjour' } }),
  httpCheck('fails for a language without messages', '/times/greeting/xx', { status: 500 }),
  httpCheck('checks schedules', '/times/jobs', { json: { good: true, bad: false } }),
  httpCheck('starts a worker thread', '/machine/worker', { json: { sum: 6 } }),
  httpCheck('starts a node of its own', '/machine/child', { text: 'child of a b' }),
  httpCheck('runs a shell script with grep, wc and sed', '/machine/report', { text: 'items: 2' }),
  httpCheck('looks up a host', '/machine/resolve', { json: { address: '127.0.0.1', family: 4 } }),
  httpCheck('fetches', '/machine/fetch', { json: { ok: true } }),
  httpCheck('has the certificate authorities', '/machine/authorities', { json: { many: true } }),
  httpCheck('imports an ES module', '/machine/esm', { json: { sum: 9 } }),
];

export const functional = defineFullTest({
  name: 'express',
  ports: [3000],
  isReady: answersOk('/health'),
  checks: [...views, ...data, ...account, ...surroundings],
});
